internal import Domain
internal import Foundation
internal import PostgreSQL
internal import Synchronization
internal import TestSupport

/// Finds out from the store and the consumers which invariants held.
final class Judge: Sendable {
    private let target: any Target
    private let city: City
    private let audit: StoreAudit
    /// How far each stream's bytes have been compared.
    private let compared = Mutex<[String: Int64]>([:])

    init(_ target: any Target, _ city: City, _ pool: PostgresPool) {
        self.target = target
        self.city = city
        audit = StoreAudit(pool: pool)
    }

    // MARK: Draining

    /// Waits until everything that waited has passed.
    ///
    /// - Parameter healed: when the fault ended, from which the time counts.
    func drain(since healed: ContinuousClock.Instant) async -> Verdict {
        var left: [String] = ["nothing was seen"]
        while ContinuousClock.now - healed < Pace.drain {
            left = await (try? waiting()) ?? ["the store does not answer"]
            if left.isEmpty {
                let seconds = (ContinuousClock.now - healed).milliseconds / 1_000
                return .held("\(((seconds * 10).rounded() / 10)) s")
            }
            // pause: between two looks
            try? await Task.sleep(for: .milliseconds(100))
        }
        return .broken("after \(Pace.drain): \(left.joined(separator: ", "))")
    }

    /// What has not passed yet, in words.
    private func waiting() async throws -> [String] {
        var left: [String] = []
        for service in Part.services where await !target.isReady(service) { left.append("\(service) is not ready") }
        let inbox = try await audit.waiting
        if inbox > 0 { left.append("\(inbox) in the inbox") }
        let heads = try await heads()
        for follower in city.followers where follower.last < heads[follower.agency] ?? 0 {
            left.append("\(follower.agency)'s consumer is at \(follower.last) of \(heads[follower.agency] ?? 0)")
        }
        let uncopied = try await audit.uncopied
        if uncopied > 0 { left.append("\(uncopied) events are not copied for the channel") }
        if try await !audit.isFolded() { left.append("analytics has not counted all") }
        let overdue = try await audit.count("SELECT count(*) FROM deadline WHERE due_at < now() - interval '2 s'")
        if overdue > 0 { left.append("\(overdue) timers are overdue") }
        return left
    }

    private func heads() async throws -> [String: Int64] {
        var heads: [String: Int64] = [:]
        for row in try await audit.pool.query("SELECT code, head FROM stream") {
            let (code, head) = try row.decode((String, Int64).self)
            heads[code] = head
        }
        return heads
    }

    /// Looks again while timers still move things: what is right holds at some moment soon, and what is wrong at none.
    private func soon(_ faults: () async throws -> [String]) async throws -> [String] {
        var found = try await faults()
        for _ in 0..<Self.looks where !found.isEmpty {
            // pause: between two looks
            try await Task.sleep(for: .milliseconds(250))
            found = try await faults()
        }
        return found
    }

    private static let looks = 40

    // MARK: Judging

    /// The verdicts of what is stored, once nobody sends any more.
    func verdicts(of shift: City.Shift) async throws -> [Invariant: Verdict] {
        try await [
            .stored: Verdict(stored(shift)),
            .place: Verdict(audit.firsts() + audit.states() + audit.closings()),
            .gapless: Verdict(audit.streams()),
            .bytes: Verdict(bytes()),
            .contiguous: Verdict(soon(contiguous)),
            .order: Verdict(audit.replay() + audit.transitions() + audit.copies()),
            .counts: Verdict(soon(audit.rollups)),
            .answers: Verdict(shift.faults),
        ]
    }

    private func stored(_ shift: City.Shift) async throws -> [String] {
        var faults: [String] = []
        let lost = try await audit.missing(
            keys: shift.acknowledged.map(\.key), ids: shift.acknowledged.map(\.id))
        if lost > 0 { faults.append("\(lost) acknowledged reports are not stored as acknowledged") }
        let stored = try await audit.reports(underPrefix: shift.prefix, to: 2 * shift.begun + 1_000)
        if stored > shift.begun { faults.append("\(stored) are stored of \(shift.begun) that were sent") }
        return faults
    }

    /// Everything that was ever acknowledged, and every byte that was ever seen, once more.
    func inTheEnd() async throws -> [Invariant: Verdict] {
        let acknowledged = city.acknowledged
        let lost = try await audit.missing(keys: acknowledged.map(\.key), ids: acknowledged.map(\.id))
        compared.withLock { $0 = [:] }
        let bytes = try await bytes()
        return [
            .stored: lost == 0 ? .held("\(acknowledged.count)") : .broken("\(lost) of \(acknowledged.count) are lost"),
            .bytes: Verdict(bytes),
        ]
    }

    /// What consumers saw is what is stored, byte for byte.
    private func bytes() async throws -> [String] {
        var faults: [String] = []
        for follower in city.followers {
            let from = compared.withLock { $0[follower.agency] ?? 0 }
            let bodies = try await audit.bodies(of: follower.agency, after: from)
            let seen = follower.seen
            for (offset, body) in bodies.enumerated() {
                let seq = from + Int64(offset) + 1
                if let digest = seen.digests[seq], digest != StreamFollower.digest(of: body) {
                    faults.append("\(follower.agency) \(seq) is stored with other bytes than were delivered")
                }
            }
            compared.withLock { $0[follower.agency] = from + Int64(bodies.count) }
        }
        return faults
    }

    private func contiguous() async throws -> [String] {
        let heads = try await heads()
        return city.followers.flatMap { follower in
            let seen = follower.seen
            var faults = seen.faults.map { "\(follower.agency): \($0)" }
            if seen.digests.count != Int(seen.last) {
                faults.append("\(follower.agency)'s consumer has \(seen.digests.count) of \(seen.last)")
            }
            if seen.last != heads[follower.agency] ?? 0 {
                faults.append("\(follower.agency)'s consumer is at \(seen.last) of \(heads[follower.agency] ?? 0)")
            }
            return faults
        }
    }
}
