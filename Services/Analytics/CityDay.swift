internal import Domain

/// A day of the city's calendar, as days since 1970-01-01.
struct CityDay: Hashable, Comparable {
    var number: Int32

    init(number: Int32) { self.number = number }

    init(_ time: Timestamp, offsetSeconds: Int) {
        let local = time.adding(seconds: offsetSeconds).microseconds
        let perDay: Int64 = 86_400_000_000
        number = Int32(local >= 0 ? local / perDay : (local - perDay + 1) / perDay)
    }

    /// Reads `2026-11-24`, or an RFC 3339 time, whose day in the city it is.
    init?(text: String, offsetSeconds: Int) {
        if let time = Timestamp(rfc3339: text) {
            self.init(time, offsetSeconds: offsetSeconds)
        } else if text.utf8.count == 10, let time = Timestamp(rfc3339: text + "T00:00:00Z") {
            self.init(time, offsetSeconds: 0)
        } else {
            return nil
        }
    }

    /// `2026-11-24`.
    var text: String {
        String(Timestamp(microseconds: Int64(number) * 86_400_000_000).rfc3339(offsetSeconds: 0).prefix(10))
    }

    static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

extension CityDay {
    /// The moment at which the day begins.
    func start(offsetSeconds: Int) -> Timestamp {
        Timestamp(seconds: Int64(number) * 86_400 - Int64(offsetSeconds))
    }
}
