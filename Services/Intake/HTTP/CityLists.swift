internal import Domain
internal import Storage

/// The public lists of one city, rendered once for each version of it.
struct CityLists: Sendable {
    /// One list in one representation.
    struct List: Sendable {
        let bytes: [UInt8]
        let contentType: String
        /// Changes when the city does, and differs between a list's representations.
        let entityTag: String

        fileprivate init(
            _ name: String, of loaded: LoadedCity, contentType: String = "application/json", _ bytes: [UInt8]
        ) {
            self.bytes = bytes
            self.contentType = contentType
            entityTag = "\"\(loaded.city.code)-\(loaded.version)-\(name)\""
        }
    }

    let categories: List
    let agencies: List
    let consents: List
    let areas: List
    /// A GeoJSON FeatureCollection of the areas' shapes.
    let shapes: List

    init(_ loaded: LoadedCity, cells: [AreaCell]) {
        categories = List("categories", of: loaded, Self.categories(loaded.city))
        agencies = List("agencies", of: loaded, Self.agencies(loaded.city))
        consents = List("consents", of: loaded, Self.consents(loaded.city))
        areas = List("areas", of: loaded, Self.areas(loaded))
        shapes = List("shapes", of: loaded, contentType: "application/geo+json", Self.shapes(loaded, cells))
    }

    private static func categories(_ city: City) -> [UInt8] {
        list("categories", city.categories) { writer, category in
            writer.member("code", category.code)
            write("name", category.name, to: &writer)
            writer.member("icon", category.icon)
            writer.member("sensitive", category.sensitive)
            writer.member("urgent", category.urgent)
            writer.key("emergency")
            writer.array { for call in category.confirmedEmergency { write(call, to: &$0) } }
            writer.key("subtypes")
            writer.array {
                for subtype in category.subtypes {
                    $0.object {
                        $0.member("code", subtype.code)
                        write("name", subtype.name, to: &$0)
                    }
                }
            }
            writer.key("questions")
            writer.array { for question in category.questions { write(question, to: &$0) } }
            if let note = category.note { write("note", note, to: &writer) }
        }
    }

    /// What a person may agree to who gives personal data; the last one is what is agreed to now.
    private static func consents(_ city: City) -> [UInt8] {
        list("consents", city.consents) { writer, consent in
            writer.member("version", consent.version)
            write("purpose", consent.purpose, to: &writer)
            writer.member("retention_days", consent.retentionDays)
            writer.member("current", consent == city.consent)
        }
    }

    private static func agencies(_ city: City) -> [UInt8] {
        list("agencies", city.agencies) { writer, agency in
            writer.member("code", agency.code)
            write("name", agency.name, to: &writer)
            writer.member("short", agency.short)
            writer.member("kind", agency.kind.rawValue)
            writer.key("phones")
            writer.array { for phone in agency.phones where phone.confirmed { write(phone, to: &$0) } }
        }
    }

    private static func areas(_ loaded: LoadedCity) -> [UInt8] {
        list("areas", loaded.city.areas) { writer, area in
            write(area, isApproximate: loaded.boundaries[area.code] == nil, to: &writer)
            writer.member("lat", area.lat)
            writer.member("lon", area.lng)
        }
    }

    private static func shapes(_ loaded: LoadedCity, _ cells: [AreaCell]) -> [UInt8] {
        var writer = JSONWriter(capacity: 64 << 10)
        writer.object {
            $0.member("type", "FeatureCollection")
            $0.key("features")
            $0.array { writer in
                for cell in cells {
                    guard let area = loaded.city.area(cell.code) else { continue }
                    writer.object {
                        $0.member("type", "Feature")
                        $0.member("id", area.code)
                        $0.key("properties")
                        $0.object { write(area, isApproximate: cell.isApproximate, to: &$0) }
                        $0.key("geometry")
                        $0.raw(cell.geometry)
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func list<Item>(
        _ name: String, _ items: [Item], _ write: (inout JSONWriter, Item) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 8 << 10)
        writer.object {
            $0.key(name)
            $0.array { writer in for item in items { writer.object { write(&$0, item) } } }
        }
        return writer.bytes
    }

    private static func write(_ area: Area, isApproximate: Bool, to writer: inout JSONWriter) {
        writer.member("code", area.code)
        writer.member("name", area.name)
        writer.member("district_code", area.districtCode)
        writer.member("district", area.district)
        writer.member("postcode", area.postcode)
        writer.member("approximate", isApproximate)
    }

    private static func write(_ name: String, _ text: LocalizedText, to writer: inout JSONWriter) {
        writer.key(name)
        writer.object {
            $0.member("id", text.id)
            $0.member("en", text.en)
        }
    }

    /// How an answer is written into a report's `attributes`, under the question's code.
    private static func write(_ question: Question, to writer: inout JSONWriter) {
        writer.object {
            $0.member("code", question.code)
            $0.member("kind", question.kind.rawValue)
            write("label", question.label, to: &$0)
            switch question.kind {
            case .choice:
                $0.key("options")
                $0.array { writer in
                    for option in question.options {
                        writer.object {
                            $0.member("code", option.code)
                            write("name", option.name, to: &$0)
                        }
                    }
                }
            case .text: $0.member("maximum", question.maximum)
            case .number:
                $0.member("minimum", question.minimum)
                $0.member("maximum", question.maximum)
            case .yesNo: break
            }
        }
    }

    private static func write(_ phone: PhoneNumber, to writer: inout JSONWriter) {
        writer.object {
            $0.member("number", phone.number)
            write("label", phone.label, to: &$0)
        }
    }
}
