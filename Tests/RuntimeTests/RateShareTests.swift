import Domain
import Foundation
import Logging
import PostgreSQL
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Runtime

/// One limit between replicas, each with a table of its own.
@Suite(.serialized, .freshDatabase(.city))
struct RateShareTests {
    private let rate = TokenBucket.Rate(perSecond: 0.001, burst: 100)
    private var pool: PostgresPool { Fixture.current.pool }

    private func replica(_ secret: [UInt8]? = [7]) -> (limiter: RateLimiter, share: RateShare) {
        let limiter = RateLimiter()
        return (
            limiter, RateShare(limiter, store: RateStore(pool: pool), secret: secret, logger: Logger(label: "test"))
        )
    }

    private func passed(_ limiter: RateLimiter, _ subject: RateLimiter.Subject, of count: Int) -> Int {
        (0..<count).count { _ in limiter.take(subject, rate) == nil }
    }

    @Test func `What one replica let pass, the others do not`() async throws {
        let (one, other) = (replica(), replica())
        for subject in [RateLimiter.Subject.key("k-shared"), .client(.v4(0x0A00_0001)), .device(UUID())] {
            #expect(passed(one.limiter, subject, of: 60) == 60)
            #expect(passed(other.limiter, subject, of: 30) == 30)
            try await one.share.exchange()
            try await other.share.exchange()
            // 90 are gone. The other knows it now; the one hears of it with its next.
            #expect(passed(other.limiter, subject, of: 50) == 10)
            try await other.share.exchange()
            #expect(passed(one.limiter, subject, of: 1) == 1)
            try await one.share.exchange()
            #expect(passed(one.limiter, subject, of: 50) == 0)
            #expect(one.limiter.take(subject, rate) ?? 0 > 900)
        }
    }

    @Test func `Taking turns, many replicas let pass one allowance and little more`() async throws {
        let replicas = (0..<5).map { _ in replica() }
        var total = 0
        for _ in 0..<20 {
            for each in replicas {
                total += passed(each.limiter, .key("k-turns"), of: 3)
                try await each.share.exchange()
            }
        }
        // What each lets pass before it hears of the others' last turn is the most that is too much.
        #expect((100...115).contains(total), "\(total)")
    }

    @Test func `An address stands in the store under a secret, and without one not at all`() async throws {
        let address = RateLimiter.Subject.client(.v6(0x2001_0DB8_0000_0001, 5))
        let known = replica()
        let blind = replica(nil)
        _ = passed(blind.limiter, address, of: 5)
        try await blind.share.exchange()
        let before = try await rows()
        _ = passed(known.limiter, address, of: 5)
        try await known.share.exchange()
        #expect(try await rows() == before + 1)
        // The same network by another address of it.
        let neighbour = replica()
        #expect(passed(neighbour.limiter, .client(.v6(0x2001_0DB8_0000_0001, 99)), of: 1) == 1)
        try await neighbour.share.exchange()
        #expect(try await rows() == before + 1)
        #expect(passed(neighbour.limiter, address, of: 100) == 94)
    }

    @Test func `What could not be told is told later`() async throws {
        var table = RateTable<Int>(limit: 10)
        let now = ContinuousClock.now
        for _ in 0..<40 { _ = table.take(1, rate, at: now) }
        let uses = table.takeUntold(atMost: 10)
        #expect(uses.count == 1 && abs(uses[0].seconds - 40_000) < 1)
        #expect(table.takeUntold(atMost: 10).isEmpty)
        _ = table.take(1, rate, at: now)
        table.giveBack(uses)
        #expect(abs(table.takeUntold(atMost: 10)[0].seconds - 41_000) < 1)
        // However long the store is away, no more than empties the bucket is told.
        for _ in 0..<5 { table.giveBack(uses) }
        #expect(table.takeUntold(atMost: 10)[0].seconds <= 100_001)
    }

    @Test func `Buckets that are full again leave the store`() async throws {
        let (limiter, share) = replica()
        _ = try await pool.query(
            "INSERT INTO rate_use VALUES (\([UInt8](repeating: 9, count: 32)), now() - interval '2 minutes')")
        let before = try await rows()
        _ = passed(limiter, .key("k-sweep"), of: 1)
        try await share.exchange()
        #expect(try await rows() == before)
    }

    private func rows() async throws -> Int64 {
        try await pool.query("SELECT count(*) FROM rate_use").one().decode(Int64.self, at: 0)
    }
}
