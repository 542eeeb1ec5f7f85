package import Domain

/// `/lapor`: what, where, describe. A plain form; three steps where scripts run.
package struct ReportForm: Page {
    /// The form's value for "Lainnya / tidak tahu", which the report carries as no category.
    package static let otherCategory = "lainnya"
    /// Photos that one form may bring, as its words say too.
    package static let mostPhotos = 3

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
        package var name: String?
        package var phone: String?
        package var email: String?
        /// The version of the consent that was agreed to.
        package var consent: String?
        /// When the form was written that was agreed on, RFC 3339.
        package var consentAt: String?
        package var mayContact: Bool
        /// What was answered, by `Question.fieldName(in:)`.
        package var answers: [String: String]

        package init(category: String? = nil, subtype: String? = nil) {
            self.init(["category": category ?? "", "subtype": subtype ?? ""])
        }

        /// From the posted fields: category, subtype, description, lat, lon, accuracy_m, area, address, rt, rw,
        /// landmark, visibility, name, phone, email, consent, consent_at, contact, and the answers to what the categories
        /// ask.
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
            name = field("name")
            phone = field("phone")
            email = field("email")
            consent = field("consent")
            consentAt = field("consent_at")
            mayContact = fields["contact"] == "yes"
            answers = fields.filter { Question.isFieldName($0.key) && !$0.value.allSatisfy(\.isWhitespace) }
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
    /// When it was opened, as `FormTime` writes it.
    package var stamp: String
    /// What the city says that it knows.
    package var announcements: [Announcement]

    package init(
        frame: Frame, values: Values = Values(), faults: [Fault] = [], idempotencyKey: String, stamp: String = "",
        announcements: [Announcement] = []
    ) {
        self.frame = frame
        self.values = values
        self.faults = faults
        self.idempotencyKey = idempotencyKey
        self.stamp = stamp
        self.announcements = announcements
    }

    package func content(_ wording: Wording) -> PageContent {
        let city = frame.city
        let chosen = values.reportCategory.flatMap { city?.category($0) }
        let isOther = values.category == Self.otherCategory
        var content: [String: Any] = [
            "tiles": wording.tiles(city, chosen: chosen?.code, isOtherChosen: isOther).map(filled).map {
                asked($0, wording)
            },
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
            "announcements": wording.announcements(announcements, of: values),
            "idempotency_key": idempotencyKey, "stamp": stamp, "description": values.description,
            "private": values.isPrivate,
            "sensitive": chosen?.sensitive ?? false,
            "districts": districts(), "has_faults": !faults.isEmpty,
            "most_photos": Self.mostPhotos,
            "faults": faultsInOrder.map { $0.line(wording) }, "fault": faultsByField(wording),
        ]
        if let chosen {
            content["chosen"] = [
                "name": chosen.name[wording.language], "icon": wording.icon(chosen.code),
                // What stands in its tile is to be seen.
                "open": !chosen.subtypes.isEmpty,
            ]
            if !chosen.questions.isEmpty {
                content["asked"] = wording.questions(of: chosen, typed: values.answers)
            }
        } else if isOther {
            content["chosen"] = ["name": wording("category.other"), "icon": wording.icon(nil), "open": false]
        }
        content["lat"] = values.latitude
        content["lon"] = values.longitude
        content["accuracy"] = values.accuracy
        content["address"] = values.address
        content["rt"] = values.rt
        content["rw"] = values.rw
        content["landmark"] = values.landmark
        content["map_tiles"] = city?.map.values
        content["who"] = who(wording)
        let title = faults.isEmpty ? wording("report.title") : wording("report.title_fault")
        return PageContent(
            template: "report", title: title,
            styles: ["controls.css", "citizen.css", "public.css", "app.css", "photos.css"],
            scripts: ["app.js", "report.js"], here: "report", values: content)
    }

    /// Who reports, if that is to be told; nil in a city that asks nobody.
    private func who(_ wording: Wording) -> [String: Any]? {
        guard let consent = frame.city?.consent else { return nil }
        let isTold = [values.name, values.phone, values.email].contains { $0 != nil } || values.mayContact
        var who: [String: Any] = [
            "open": isTold || values.consent != nil, "version": consent.version,
            "terms": wording(
                "report.consent_terms",
                ["purpose": consent.purpose[wording.language], "days": wording.number(consent.retentionDays)]),
            "agreed": values.consent == consent.version, "contact": values.mayContact,
            "at": wording.machine(frame.now),
        ]
        who["name"] = values.name
        who["phone"] = values.phone
        who["email"] = values.email
        return who
    }

    /// The tile with what its category asks; the chosen one asks where the problem is told.
    private func asked(_ tile: [String: Any], _ wording: Wording) -> [String: Any] {
        guard let code = tile["code"] as? String, let category = frame.city?.category(CategoryCode(rawValue: code)),
            !category.questions.isEmpty, category.code != values.reportCategory
        else { return tile }
        var tile = tile
        tile["questions"] = wording.questions(of: category, typed: values.answers)
        return tile
    }

    /// The tile with the chosen sub-type.
    private func filled(_ tile: [String: Any]) -> [String: Any] {
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
