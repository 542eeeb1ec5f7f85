internal import CoreMetrics
internal import Synchronization
internal import Telemetry

/// Counts and times requests by route template, method and status, never by what a client wrote.
///
/// The handles are kept, so that a request costs one lookup.
final class HTTPMetrics: Sendable {
    private struct Key: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct Handles {
        let count: Counter
        let duration: CoreMetrics.Timer
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private let handles = Mutex<[Key: Handles]>([:])

    func record(route: String?, method: String, status: Int, nanoseconds: Int64) {
        let key = Key(
            route: route ?? "unmatched", method: Self.methods.contains(method) ? method : "OTHER", status: status)
        let handles = handles.withLock { known in
            if let handles = known[key] { return handles }
            let labels = [("route", key.route), ("method", key.method)]
            let made = Handles(
                count: Counter(.httpRequests, labels + [("status", "\(status)")]),
                duration: CoreMetrics.Timer(.httpRequestDuration, labels))
            known[key] = made
            return made
        }
        handles.count.increment()
        handles.duration.recordNanoseconds(nanoseconds)
    }
}
