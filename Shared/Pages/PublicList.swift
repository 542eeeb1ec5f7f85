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

        package init(
            category: CategoryCode? = nil, area: AreaCode? = nil, progress: Progress = .open, box: BoundingBox? = nil
        ) {
            self.category = category
            self.area = area
            self.progress = progress
            self.box = box
        }

        /// `?kategori=sampah&status=selesai`, or nothing for the usual choice.
        package func query(adding more: (String, String)? = nil) -> String {
            var parts: [(String, String)] = []
            if let category { parts.append(("kategori", category.rawValue)) }
            if let area { parts.append(("area", area.rawValue)) }
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

    package init(frame: Frame, reports: [ReportView], choice: Choice = Choice(), next: String? = nil, feed: String) {
        self.frame = frame
        self.reports = reports
        self.choice = choice
        self.next = next
        self.feed = feed
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "cards": reports.map { card($0, wording) }, "none": reports.isEmpty, "feed": feed,
            "categories": categories(wording), "areas": areas(), "near": choice.box != nil,
            "progress": Progress.allCases.map { progress in
                [
                    "code": progress.rawValue, "name": wording("public.\(progress.rawValue)"),
                    "chosen": progress == choice.progress,
                ] as [String: Any]
            },
            "points": DataIsland.write(points),
        ]
        values["next"] = next
        values["box"] = choice.box?.text
        var elsewhere = choice
        elsewhere.box = nil
        values["everywhere"] = "/laporan" + elsewhere.query()
        values["map_tiles"] = frame.city?.map.values
        return PageContent(
            template: "public_list", title: wording("public.title"),
            styles: ["controls.css", "citizen.css", "public.css"], scripts: ["app.js", "nearby.js"],
            here: "public", summary: wording("public.lead"), values: values)
    }

    private func card(_ report: ReportView, _ wording: Wording) -> [String: Any] {
        [
            "href": "/lacak/\(report.trackingCode)", "id": report.id,
            "category": wording.category(report.category, report.subtype, in: frame.city),
            "icon": wording.icon(report.category), "description": report.description,
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

    /// By district, as people look for their kelurahan.
    private func areas() -> [[String: Any]] {
        let areas = frame.city?.areas ?? []
        let districts = Set(areas.map(\.district)).sorted()
        return districts.map { district in
            let own = areas.filter { $0.district == district }.sorted { $0.name < $1.name }
            return [
                "district": district,
                "list": own.map { area in
                    ["code": area.code.rawValue, "name": area.name, "chosen": area.code == choice.area]
                        as [String: Any]
                },
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
