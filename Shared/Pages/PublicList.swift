package import Domain

/// `/laporan`: what people reported and what became of it, as a list and on a map.
package struct PublicList: Page {
    package enum Progress: String, CaseIterable, Sendable {
        case open = "terbuka"
        case done = "selesai"
        case all = "semua"
    }

    /// What is shown of all reports.
    package struct Choice: Sendable {
        package var category: CategoryCode?
        package var area: AreaCode?
        package var progress: Progress
        /// A part of the map: near somebody.
        package var box: BoundingBox?
        /// A kecamatan's code.
        package var district: String?

        package init(
            category: CategoryCode? = nil, area: AreaCode? = nil, progress: Progress = .open, box: BoundingBox? = nil,
            district: String? = nil
        ) {
            self.category = category
            self.area = area
            self.district = district
            self.progress = progress
            self.box = box
        }

        /// `?kategori=sampah&status=selesai`, or nothing for the usual choice.
        package func query(adding more: (String, String)? = nil) -> String {
            var parts: [(String, String)] = []
            if let category { parts.append(("kategori", category.rawValue)) }
            if let area { parts.append(("area", area.rawValue)) }
            if let district { parts.append(("kecamatan", district)) }
            if progress != .open { parts.append(("status", progress.rawValue)) }
            if let box { parts.append(("bbox", box.text)) }
            if let more { parts.append(more) }
            let text = parts.map { "\($0)=\(LocalPath.inQuery($1))" }.joined(separator: "&")
            return text.isEmpty ? "" : "?" + text
        }
    }

    package var frame: Frame
    package var reports: [ReportView]
    package var choice: Choice
    /// Where the reports after these are.
    package var next: String?
    package var feed: String
    /// What the city says that it knows.
    package var announcements: [Announcement]
    /// A place that was looked for, and that the city has no name for.
    package var unknownPlace: String?

    package init(
        frame: Frame, reports: [ReportView], choice: Choice = Choice(), next: String? = nil, feed: String,
        announcements: [Announcement] = [], unknownPlace: String? = nil
    ) {
        self.frame = frame
        self.reports = reports
        self.choice = choice
        self.next = next
        self.feed = feed
        self.announcements = announcements
        self.unknownPlace = unknownPlace
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "cards": reports.map { card($0, wording) }, "none": reports.isEmpty, "feed": feed,
            "categories": categories(wording), "areas": wording.districts(of: frame.city, chosen: choice.area),
            "near": choice.box != nil,
            "chosen": choice.category != nil || choice.area != nil || choice.progress != .open || unknownPlace != nil,
            "progress": Progress.allCases.map { progress in
                [
                    "code": progress.rawValue, "name": wording("public.\(progress.rawValue)"),
                    "chosen": progress == choice.progress,
                ] as [String: Any]
            },
            "points": DataIsland.write(points), "announcements": wording.announcements(announcements),
            "unknown_place": unknownPlace != nil, "typed_place": unknownPlace ?? "",
        ]
        if let code = choice.district, let area = frame.city?.areas.first(where: { $0.districtCode == code }) {
            values["district"] = ["code": code, "said": wording("search.district_only", ["district": area.district])]
        }
        values["next"] = next
        values["box"] = choice.box?.text
        var elsewhere = choice
        elsewhere.box = nil
        elsewhere.district = nil
        values["everywhere"] = "/laporan" + elsewhere.query()
        values["map_tiles"] = frame.city?.map.values
        return PageContent(
            template: "public_list", title: wording("public.title"),
            styles: ["controls.css", "citizen.css", "public.css"], scripts: ["app.js", "nearby.js"],
            here: "public", summary: wording("public.lead"), canonical: canonical, values: values)
    }

    /// The list without where somebody stands.
    private var canonical: String {
        var shared = choice
        shared.box = nil
        return "/laporan" + shared.query()
    }

    private func card(_ report: ReportView, _ wording: Wording) -> [String: Any] {
        [
            "href": "/lacak/\(report.trackingCode)", "id": report.id,
            "category": wording.category(report.category, report.subtype, in: frame.city),
            "icon": wording.icon(report.category), "description": wording.description(of: report),
            "place": wording.place(of: report, isShort: true).first ?? "",
            "status": wording.status(report.status), "received": wording.moment(report.receivedAt),
        ]
    }

    private func categories(_ wording: Wording) -> [[String: Any]] {
        (frame.city?.categories ?? []).filter { !$0.sensitive }.map { category in
            [
                "code": category.code.rawValue, "name": category.name[wording.language],
                "chosen": category.code == choice.category,
            ]
        }
    }

    private struct Point: Encodable {
        var id: String
        var lat: Double
        var lon: Double
        var status: String
    }

    private var points: [Point] {
        reports.compactMap { report in
            report.location.map {
                Point(id: report.id, lat: $0.lat, lon: $0.lon, status: StatusLook(report.status).colour)
            }
        }
    }
}
