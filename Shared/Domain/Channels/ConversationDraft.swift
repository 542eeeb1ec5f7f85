extension Conversation.Draft {
    /// What the texts say by themselves: the category, and the kelurahan.
    mutating func readTexts(_ context: ConversationContext) {
        let text = texts.joined(separator: "\n")
        guard !text.isEmpty else { return }
        if category == nil, !isCategorySettled,
            let found = ConversationWords.category(in: text, city: context.city)
        {
            (category, subtype) = (found.category, found.subtype)
        }
        if location == nil, area == nil, address == nil, let named = context.places.area(inAddress: text) {
            area = named.code
        }
    }

    /// What a report needs that is not here yet.
    func missing(in city: City) -> Conversation.Question? {
        if !isDescribed, category == nil { return .description }
        if asked == .place, location == nil { return .place }
        if location == nil {
            if area == nil, address == nil { return .place }
            if area != nil, landmark == nil, !hasAskedLandmark || asked == .landmark { return .landmark }
        }
        guard let category else { return isCategorySettled ? nil : .category }
        let hasSubtypes = !(city.category(category)?.subtypes.isEmpty ?? true)
        return hasSubtypes && subtype == nil && !isSubtypeSettled ? .subtype : nil
    }

    /// Whether there are words enough for a report's description.
    private var isDescribed: Bool { TextRule.description.violation(in: description) == nil }

    private var description: String {
        Conversation.cut(texts.joined(separator: "\n"), TextRule.description.maximum)
    }

    /// The report as `POST /v1/reports` takes it: the same draft gives the same bytes.
    func body(in city: City) -> [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.object { writer in
            if let category { writer.member("category", category) }
            if let subtype { writer.member("subtype", subtype) }
            let name = category.flatMap { city.category($0) }?.name.id ?? "Laporan"
            // Who chose from the list has said what it is.
            writer.member("description", isDescribed ? description : name)
            if let location {
                writer.key("location")
                writer.object {
                    $0.member("lat", location.lat)
                    $0.member("lon", location.lon)
                    if let metres = location.accuracyMetres { $0.member("accuracy_m", metres) }
                }
            } else if let area {
                writer.member("area", area)
            }
            if let address { writer.member("address", address) }
            if let landmark { writer.member("landmark", landmark) }
        }
        return writer.bytes
    }
}
