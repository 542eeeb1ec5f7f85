internal import Domain
internal import Glibc
internal import Synchronization

/// The `Date` header (RFC 9110, section 5.6.7), written once a second.
final class HTTPDate: Sendable {
    private struct Written {
        var second: Int64 = .min
        var text = ""
    }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private let written = Mutex(Written())

    func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        let second = Int64(time.tv_sec)
        return written.withLock { written in
            if written.second != second { written = Written(second: second, text: Self.text(second)) }
            return written.text
        }
    }

    /// "Tue, 24 Nov 2026 01:05:07 GMT"
    static func text(_ second: Int64) -> String {
        let civil = CivilTime(Timestamp(seconds: second))
        let day = Int((second >= 0 ? second : second - 86_399) / 86_400)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[(day % 7 + 7) % 7]), \(two(civil.day)) \(months[civil.month - 1]) \(civil.year) "
            + "\(two(civil.hour)):\(two(civil.minute)):\(two(civil.second)) GMT"
    }
}
