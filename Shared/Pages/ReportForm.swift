package import Domain

/// `/lapor`: what, where, describe. A plain form; three steps where scripts run.
package struct ReportForm: Page {
    /// The form's value for "Lainnya / tidak tahu", which the report carries as no category.
    package static let otherCategory = "lainnya"

    /// What was typed, as the form posts it. Empty texts are absent.
    package struct Values: Sendable {
        /// A category's code, `lainnya`, or nil while nothing is chosen.
        package var category: String?
        package var subtype: String?
        package var description: String
        package var latitude: String?
        package var longitude: String?
        package var accuracy: String?
        package var area: String?
        package var address: String?
        package var rt: String?
        package var rw: String?
        package var landmark: String?
        package var isPrivate: Bool

        package init(category: String? = nil, subtype: String? = nil) {
            self.init(["category": category ?? "", "subtype": subtype ?? ""])
        }

        /// From the posted fields: category, subtype, description, lat, lon, accuracy_m, area, address, rt, rw,
        /// landmark, visibility.
        package init(_ fields: [String: String]) {
            func field(_ name: String) -> String? {
                fields[name].flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
            }
            category = field("category")
            subtype = field("subtype")
            description = fields["description"] ?? ""
            latitude = field("lat")
            longitude = field("lon")
            accuracy = field("accuracy_m")
            area = field("area")
            address = field("address")
            rt = field("rt")
            rw = field("rw")
            landmark = field("landmark")
            isPrivate = fields["visibility"] == "private"
        }

        /// The category as a report carries it: nil for `lainnya`.
        package var reportCategory: CategoryCode? {
            category.flatMap { $0 == ReportForm.otherCategory ? nil : CategoryCode(rawValue: $0) }
        }
    }

    package var frame: Frame
    package var values: Values
    package var faults: [Fault]
    /// A UUID made for this form, so that sending twice makes one report.
    package var idempotencyKey: String

    package init(frame: Frame, values: Values = Values(), faults: [Fault] = [], idempotencyKey: String) {
        self.frame = frame
        self.values = values
        self.faults = faults
        self.idempotencyKey = idempotencyKey
    }

    package func content(_ wording: Wording) -> PageContent {
        let city = frame.city
        let chosen = values.reportCategory.flatMap { city?.category($0) }
        let isOther = values.category == Self.otherCategory
        var content: [String: Any] = [
            "tiles": wording.tiles(city, chosen: chosen?.code, isOtherChosen: isOther).map(markedSubtype),
            "calls": chosen == nil ? wording.urgentCalls(city) : [],
            "panels": (city?.categories ?? []).filter(\.urgent).map { category in
                wording.call(category, shown: category.code == chosen?.code)
            },
            "notes": (city?.categories ?? []).compactMap { category -> [String: Any]? in
                category.note.map { note in
                    [
                        "code": category.code.rawValue, "text": note[wording.language],
                        "hidden": category.code != chosen?.code,
                    ]
                }
            },
            "idempotency_key": idempotencyKey, "description": values.description, "private": values.isPrivate,
            "sensitive": chosen?.sensitive ?? false,
            "districts": districts(), "has_faults": !faults.isEmpty,
            "faults": faultsInOrder.map { $0.line(wording) }, "fault": faultsByField(wording),
        ]
        if let chosen {
            content["chosen"] = ["name": chosen.name[wording.language], "icon": wording.icon(chosen.code)]
        } else if isOther {
            content["chosen"] = ["name": wording("category.other"), "icon": wording.icon(nil)]
        }
        content["lat"] = values.latitude
        content["lon"] = values.longitude
        content["accuracy"] = values.accuracy
        content["address"] = values.address
        content["rt"] = values.rt
        content["rw"] = values.rw
        content["landmark"] = values.landmark
        content["map_tiles"] = city?.map.values
        let title = faults.isEmpty ? wording("report.title") : wording("report.title_fault")
        return PageContent(
            template: "report", title: title, styles: ["controls.css", "citizen.css", "app.css"],
            scripts: ["app.js", "report.js"], here: "report", values: content)
    }

    private func markedSubtype(_ tile: [String: Any]) -> [String: Any] {
        guard let subtypes = tile["subtypes"] as? [String: [[String: String]]] else { return tile }
        var tile = tile
        let marked = (subtypes["list"] ?? []).map { subtype -> [String: Any] in
            [
                "code": subtype["code"] ?? "", "name": subtype["name"] ?? "",
                "checked": subtype["code"] == values.subtype,
            ]
        }
        tile["subtypes"] = ["list": marked]
        return tile
    }

    /// The kelurahan under their kecamatan, both by name.
    private func districts() -> [[String: Any]] {
        let byDistrict = Dictionary(grouping: frame.city?.areas ?? [], by: \.district)
        return byDistrict.sorted { $0.key < $1.key }.map { district, areas in
            let options = areas.sorted { $0.name < $1.name }.map { area -> [String: Any] in
                [
                    "code": area.code.rawValue, "name": area.name, "selected": area.code.rawValue == values.area,
                    "lat": String(area.lat), "lon": String(area.lng),
                ]
            }
            return ["district": district, "areas": options]
        }
    }

    /// As the form asks, from top to bottom.
    private var faultsInOrder: [Fault] {
        faults.enumerated().sorted { ($0.element.fieldOrder, $0.offset) < ($1.element.fieldOrder, $1.offset) }
            .map(\.element)
    }

    private func faultsByField(_ wording: Wording) -> [String: String] {
        Dictionary(faults.map { ($0.field, $0.text(wording)) }) { first, _ in first }
    }
}
