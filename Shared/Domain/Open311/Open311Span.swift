/// The times that a question by Open311 GeoReport v2 spans.
package struct Open311Span: Hashable, Sendable {
    /// How far back who names no date sees, and how far two dates may be apart where the standard bounds them.
    package static let days = 90

    package var from: Timestamp
    package var to: Timestamp

    package init(from: Timestamp, to: Timestamp) {
        self.from = from
        self.to = to
    }

    /// Why two dates make no span.
    package enum Fault: Error, Hashable, Sendable {
        case endsBeforeItBegins
        case tooLong
    }

    /// The last 90 days where no date is named, the 90 days from the one that is named, or the span between two.
    ///
    /// - Parameter isBounded: whether no span is longer than 90 days; else one from a first date alone lasts until now.
    package init(start: Timestamp?, end: Timestamp?, now: Timestamp, isBounded: Bool) throws(Fault) {
        let length = Self.days * 86_400
        switch (start, end) {
        case (let start?, let end?):
            guard start <= end else { throw .endsBeforeItBegins }
            if isBounded, end > start.adding(seconds: length) { throw .tooLong }
            self.init(from: start, to: end)
        case (let start?, nil):
            let most = start.adding(seconds: length)
            self.init(from: start, to: isBounded ? most : max(most, now.adding(seconds: 60)))
        case (nil, let end?): self.init(from: end.adding(seconds: -length), to: end)
        // A report of this very moment may bear a time that the store's clock gave, a little ahead of ours.
        case (nil, nil): self.init(from: now.adding(seconds: -length), to: now.adding(seconds: 60))
        }
    }

    /// Reads a W3C date-time as clients of Open311 write it: as RFC 3339; with the `+` of its offset lost to a form's
    /// decoding; without an offset, or a date alone, in the city's time.
    ///
    /// - Parameters:
    ///   - isEnd: a date alone is its last moment instead of its first.
    ///   - utcOffset: the city's, in seconds.
    /// - Returns: nil for everything else, and for years outside of 1970 to 9999.
    package static func moment(_ text: String, isEnd: Bool = false, utcOffset: Int) -> Timestamp? {
        var text = text
        let bytes = Array(text.utf8)
        if bytes.count > 6, bytes[bytes.count - 6] == UInt8(ascii: " "), bytes[bytes.count - 3] == UInt8(ascii: ":"),
            bytes.count > 19
        {
            text = text.prefix(text.count - 6) + "+" + text.suffix(5)
        }
        let read: Timestamp?
        if let whole = Timestamp(rfc3339: text) {
            read = whole
        } else if bytes.count == 10 {
            read = Timestamp(rfc3339: text + (isEnd ? "T23:59:59.999999Z" : "T00:00:00Z"))?.adding(seconds: -utcOffset)
        } else {
            read = Timestamp(rfc3339: text + "Z")?.adding(seconds: -utcOffset)
        }
        guard let read, read.microseconds >= 0, read < Timestamp(seconds: 253_402_214_400) else { return nil }
        return read
    }
}
