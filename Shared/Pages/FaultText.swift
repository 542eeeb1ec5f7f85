internal import Domain

// A fault of a report's JSON, said beside a field of a form.
extension Fault {
    /// The field that takes the focus: one of via, category, subtype, attributes, description, place, area, address, rt, rw,
    /// landmark, media, name, phone, email, consent.
    var field: String {
        let path = pointer.split(separator: "/").map(String.init)
        let name = (path.first == "reporter" && path.count > 1 ? path[1] : path.first) ?? "place"
        return Self.fields.contains(name) ? name : "place"
    }

    /// Where the form asks for it.
    var fieldOrder: Int { Self.fields.firstIndex(of: field) ?? Self.fields.count }

    /// In the order of the form.
    private static let fields = [
        "via", "category", "subtype", "attributes", "place", "area", "landmark", "rt", "rw", "address", "description",
        "media", "name", "phone", "email", "consent",
    ]

    /// The form's own words where it has them (a form never speaks of JSON or of paths), else the fault's.
    func text(_ wording: Wording) -> String {
        let name = pointer.split(separator: "/").last.map(String.init) ?? ""
        return wording.find("fault.\(code.rawValue)_\(name)") ?? wording.find("fault.\(code.rawValue)")
            ?? message(wording.language)
    }

    func line(_ wording: Wording) -> [String: Any] {
        ["href": "#\(field)", "text": text(wording)]
    }
}

extension MapTiles {
    /// What a map's element carries; nil while the city names no tiles.
    var values: [String: String]? {
        url.map { ["url": $0, "attribution": attribution ?? ""] }
    }
}
