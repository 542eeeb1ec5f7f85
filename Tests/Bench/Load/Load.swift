import Foundation

/// What one run of the load generator does.
struct Load: Sendable {
    struct Posting: Sendable {
        var port: Int
        var apiKey: String
        var category = "sampah"
        /// Reports posted on a fixed schedule, whether or not the answers keep up (an open loop): a stall shows in the
        /// latency of every report that was due in it. Without it, as many as are answered (a closed loop).
        var perSecond: Int?
        /// Before what is measured.
        var warmUpSeconds = 3
        var seconds: Int
        /// The most requests in flight; beyond it reports wait for their turn, and their latency shows it.
        var connections = 256
    }

    struct Consuming: Sendable {
        var port: Int
        var agency: String
        var token: String
        var consumers: Int
        /// Where the first consumer keeps its cursor, synced: its acknowledgement of what it has read.
        var cursorFile: URL?
    }

    var posting: Posting
    var consuming: Consuming
    /// How long the last events may take after the last report.
    var patienceSeconds = 15
    /// Something to read ten times a second while reports are posted; the largest value is kept.
    var watch: (@Sendable () -> Double)?
}

struct LoadResult: Sendable {
    var accepted = 0
    /// How often each other status was answered; 0 stands for a connection that broke.
    var refused: [Int: Int] = [:]
    /// Events of accepted reports at all consumers together.
    var delivered = 0
    var expected = 0
    /// Events that came out of order, twice, or after a gap.
    var misplaced = 0
    /// From the time a report was due to be sent to its 201.
    var acknowledgement = Histogram()
    /// From the time a report was due to be sent to its event at a consumer.
    var delivery = Histogram()
    /// From when the first report was due to the last answer or event.
    var elapsedSeconds = 0.0
    /// The largest value that was watched.
    var watched = 0.0
    /// The load generator's own use of a processor, 0 to 1.
    var ownShare = 0.0

    var troubles: String? {
        var all = refused.sorted { $0.key < $1.key }.map { "\($0.value) × status \($0.key)" }
        if misplaced > 0 { all.append("\(misplaced) events out of order") }
        if delivered < expected { all.append("\(expected - delivered) of \(expected) events missing") }
        return all.isEmpty ? nil : all.joined(separator: ", ")
    }
}
