/// A short name that people and programs outside rely on, such as `dlhk`; each kind is a type of its own.
package protocol Code: RawRepresentable, Hashable, Comparable, Sendable, Codable, CodingKeyRepresentable,
    ExpressibleByStringLiteral, CustomStringConvertible
where RawValue == String, StringLiteralType == String {
    init(rawValue: String)
}

extension Code {
    package init(_ text: some StringProtocol) { self.init(rawValue: String(text)) }
    package init(stringLiteral value: String) { self.init(rawValue: value) }
    package var description: String { rawValue }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// Whether the text is 1 to 40 of `a`–`z`, `0`–`9` and `_`, and begins with a letter.
    package var isWellFormed: Bool {
        guard (1...40).contains(rawValue.utf8.count), let first = rawValue.utf8.first,
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
        else { return false }
        return rawValue.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        }
    }
}

/// A city served by this deployment, such as `kupang`.
package struct JurisdictionCode: Code {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// An agency, and so its stream, such as `dlhk`.
package struct AgencyCode: Code {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// What a report is about, such as `sampah`.
package struct CategoryCode: Code {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// A finer kind within a category, such as `lampu_jalan`.
package struct SubtypeCode: Code {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// A kelurahan by its Kemendagri code, such as `53.71.04.1008`.
package struct AreaCode: Code {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Whether the text is groups of digits separated by dots, 32 characters at most.
    package var isWellFormed: Bool {
        guard (1...32).contains(rawValue.utf8.count) else { return false }
        return rawValue.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { group in
            !group.isEmpty && group.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
    }
}

/// The way by which a report came, such as `web` or an integrator's name.
package struct ChannelCode: Code {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// The citizens' own pages.
    package static let web: ChannelCode = "web"
    /// What an officer of the city writes down for somebody who calls or stands at the counter.
    package static let loket: ChannelCode = "loket"
    /// People's chats.
    package static let whatsapp: ChannelCode = "whatsapp"
    package static let telegram: ChannelCode = "telegram"

    /// The city's own channels, which no integrator's key may name.
    package static let reserved: Set<ChannelCode> = [.web, .loket, .whatsapp, .telegram]
}

/// A stream: an agency's is called as the agency is, and a channel's `channel/` and the channel's name.
package struct StreamCode: Code {
    /// No agency's code has a slash in it.
    private static let beforeChannel = "channel/"

    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static func agency(_ agency: AgencyCode) -> StreamCode { StreamCode(rawValue: agency.rawValue) }
    package static func channel(_ channel: ChannelCode) -> StreamCode {
        StreamCode(rawValue: beforeChannel + channel.rawValue)
    }

    /// Whose stream it is; nil for an agency's.
    package var channel: ChannelCode? {
        rawValue.hasPrefix(Self.beforeChannel)
            ? ChannelCode(rawValue: String(rawValue.dropFirst(Self.beforeChannel.count))) : nil
    }

    /// What metrics call it by.
    package var label: (String, String) {
        channel.map { ("channel", $0.rawValue) } ?? ("agency", rawValue)
    }
}
