/// What a person sends in a chat, whichever provider brings it.
package struct ChatMessage: Hashable, Sendable, Codable {
    package enum Content: Hashable, Sendable, Codable {
        case text(String)
        /// A photo, by the provider's own name for it, which is no address.
        case photo(String, caption: String?)
        case location(ChatLocation)
        /// A voice, a sticker, a contact: nothing that a report is made of.
        case other
    }

    /// Longer texts are cut: a report takes no more.
    package static let textLimit = 4_000
    package static let nameLimit = 512

    /// The provider's name of this message; a repeated delivery has the same.
    package var id: String
    /// Who sends, as the provider tells people apart.
    package var sender: String
    /// Where answers go.
    package var address: String
    /// Since 1970, in seconds; the provider's clock.
    package var sentAt: Int64
    package var content: Content

    package init(id: String, sender: String, address: String, sentAt: Int64, content: Content) {
        self.id = id
        self.sender = sender
        self.address = address
        self.sentAt = sentAt
        self.content = content
    }
}

/// A place as a phone sends it.
package struct ChatLocation: Hashable, Sendable, Codable {
    package var lat: Double
    package var lon: Double
    package var accuracyMetres: Double?
    /// What the place is called, where one was chosen.
    package var name: String?

    package init(lat: Double, lon: Double, accuracyMetres: Double? = nil, name: String? = nil) {
        self.lat = lat
        self.lon = lon
        self.accuracyMetres = accuracyMetres
        self.name = name
    }
}

// What both providers' messages are read with; a member of another kind counts as absent.
extension JSONValue {
    var asText: String? { if case .string(let text) = self { text } else { nil } }
    var asList: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var asWhole: Int64? { if case .int(let number) = self { number } else { nil } }

    var asNumber: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number) where number.isFinite: number
        default: nil
        }
    }

    /// A text that a person wrote: without control characters, and cut where it is too long; nil where nothing is left.
    var asWritten: String? {
        guard let text = asText else { return nil }
        let scalars = text.unicodeScalars.lazy.filter { scalar in
            scalar == "\n" || !(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
        }
        let kept = String(String.UnicodeScalarView(scalars.prefix(ChatMessage.textLimit)))
        return kept.contains { !$0.isWhitespace } ? kept : nil
    }

    /// A name that goes back to the provider as it came: visible ASCII, and not too long.
    var asName: String? {
        guard let text = asText, (1...ChatMessage.nameLimit).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return text
    }
}
