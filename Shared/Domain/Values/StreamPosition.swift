/// Where a consumer of a stream wants to go on.
package enum StreamPosition: Hashable, Sendable {
    /// From the beginning of what is kept.
    case beginning
    /// Only what is new.
    case latest
    case after(Cursor)

    /// Nothing: from the beginning; `latest`; else a cursor. Nil for anything else.
    package init?(text: String) {
        switch text {
        case "": self = .beginning
        case "latest": self = .latest
        default:
            guard let cursor = Cursor(text: text) else { return nil }
            self = .after(cursor)
        }
    }
}
