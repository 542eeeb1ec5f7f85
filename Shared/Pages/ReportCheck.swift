package import Domain

/// The second step where much comes over one line: the report once more, to be looked at and sent.
package struct ReportCheck: Page {
    /// What forms carry beside the report: when they were opened, that this page was seen, and the wish to go back.
    package static let stampField = "opened"
    package static let confirmedField = "confirmed"
    package static let changeField = "change"

    /// A field as it was posted.
    package struct Field: Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var frame: Frame
    package var fields: [Field]
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var area: ReportArea?
    package var description: String
    package var idempotencyKey: String
    package var stamp: String
    /// Whether it was confirmed before anybody could have read it.
    package var isEarly: Bool
    /// Whether photos came that a page cannot hand on; they may follow once the report is sent.
    package var hasLostPhotos: Bool

    package init(
        frame: Frame, fields: [Field], category: CategoryCode?, subtype: SubtypeCode? = nil, area: ReportArea?,
        description: String, idempotencyKey: String, stamp: String, isEarly: Bool = false,
        hasLostPhotos: Bool = false
    ) {
        self.frame = frame
        self.fields = fields
        self.category = category
        self.subtype = subtype
        self.area = area
        self.description = description
        self.idempotencyKey = idempotencyKey
        self.stamp = stamp
        self.isEarly = isEarly
        self.hasLostPhotos = hasLostPhotos
    }

    package func content(_ wording: Wording) -> PageContent {
        let own = ["idempotency_key", Self.stampField, Self.confirmedField, Self.changeField]
        var values: [String: Any] = [
            "fields": fields.filter { !own.contains($0.name) }.map { ["name": $0.name, "value": $0.value] },
            "category": wording.category(category, subtype, in: frame.city), "icon": wording.icon(category),
            "description": description, "idempotency_key": idempotencyKey, "stamp": stamp, "early": isEarly,
            "lost_photos": hasLostPhotos,
        ]
        values["place"] = area.map { area in
            wording(
                area.isApproximate ? "place.about" : "place.exact", ["area": area.name, "district": area.district])
        }
        return PageContent(
            template: "report_check", title: wording("check.title"), styles: ["controls.css", "citizen.css"],
            here: "report", values: values)
    }
}
