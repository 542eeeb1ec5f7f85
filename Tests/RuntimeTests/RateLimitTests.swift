import HTTPTypes
import Testing

@testable import Runtime

@Suite struct RateLimitTests {
    private let start = ContinuousClock.now
    private let rate = TokenBucket.Rate(perSecond: 2, burst: 3)

    @Test func `A burst passes, then the steady rate`() {
        var bucket = TokenBucket(rate, at: start)
        for _ in 0..<3 { #expect(bucket.take(of: rate, at: start) == nil) }
        #expect(bucket.take(of: rate, at: start) == 1)
        #expect(bucket.take(of: rate, at: start + .milliseconds(499)) == 1)
        #expect(bucket.take(of: rate, at: start + .milliseconds(500)) == nil)
        #expect(bucket.take(of: rate, at: start + .milliseconds(500)) == 1)
        // However long the pause, no more than the burst is saved.
        for _ in 0..<3 { #expect(bucket.take(of: rate, at: start + .seconds(1000)) == nil) }
        #expect(bucket.take(of: rate, at: start + .seconds(1000)) != nil)
    }

    @Test func `The wait is long enough`() {
        let slow = TokenBucket.Rate(perSecond: 0.1, burst: 1)
        var bucket = TokenBucket(slow, at: start)
        #expect(bucket.take(of: slow, at: start) == nil)
        let wait = bucket.take(of: slow, at: start)
        #expect(wait == 10)
        #expect(bucket.take(of: slow, at: start + .seconds(10)) == nil)
    }

    @Test func `Looking takes nothing`() {
        var bucket = TokenBucket(rate, at: start)
        for _ in 0..<10 { #expect(bucket.wait(of: rate, at: start) == nil) }
        for _ in 0..<3 { #expect(bucket.take(of: rate, at: start) == nil) }
        for _ in 0..<10 { #expect(bucket.wait(of: rate, at: start) == 1) }
        #expect(bucket.wait(of: rate, at: start + .milliseconds(500)) == nil)
        #expect(bucket.take(of: rate, at: start + .milliseconds(500)) == nil)
    }

    @Test func `Looking into the table gives what taking would, and leaves no bucket behind`() {
        var table = RateTable<Int>(limit: 2)
        for key in 0..<100 { #expect(table.wait(key, rate, at: start) == nil) }
        #expect(table.count == 0)
        for key in [0, 0, 0, 1, 1, 1] { #expect(table.take(key, rate, at: start) == nil) }
        #expect(table.wait(0, rate, at: start) == 1)
        #expect(table.take(0, rate, at: start) == 1)
        // The newcomers' bucket, when the table is full.
        #expect(table.wait(7, rate, at: start) == nil)
        for key in 10..<13 { #expect(table.take(key, rate, at: start) == nil) }
        #expect(table.wait(7, rate, at: start) == 1)
        #expect(table.wait(7, rate, at: start + .seconds(5)) == nil)
    }

    @Test func `A clock that goes back gives nothing away`() {
        var bucket = TokenBucket(rate, at: start)
        for _ in 0..<3 { _ = bucket.take(of: rate, at: start) }
        #expect(bucket.take(of: rate, at: start - .seconds(60)) != nil)
        #expect(bucket.take(of: rate, at: start) != nil)
    }

    @Test func `In the long run no more than the rate passes`() {
        var bucket = TokenBucket(rate, at: start)
        var passed = 0
        for step in 0..<10_000 where bucket.take(of: rate, at: start + .milliseconds(step * 10)) == nil { passed += 1 }
        #expect((200...203).contains(passed))
    }

    @Test func `The table is bounded, and a flood of new keys does not lift the limit`() {
        var table = RateTable<Int>(limit: 100)
        var passed = 0
        for key in 0..<10_000 where table.take(key, rate, at: start) == nil { passed += 1 }
        #expect(table.count == 100)
        // One for each key with a bucket of its own, and the burst of the shared one.
        #expect(passed == 103)
        // Who is known keeps what is left.
        #expect(table.take(5, rate, at: start) == nil)
        #expect(table.take(5, rate, at: start) == nil)
        #expect(table.take(5, rate, at: start) != nil)
        // Buckets that have filled up make room.
        #expect(table.take(20_000, rate, at: start + .seconds(5)) == nil)
        #expect(table.count == 1)
    }

    @Test func `Neighbours in one IPv6 network share a limit`() throws {
        let limiter = RateLimiter()
        let one = TokenBucket.Rate(perSecond: 0.001, burst: 1)
        try limiter.check(.client(try #require(ClientAddress("2001:db8::1"))), one)
        let problem = #expect(throws: ProblemDetails.self) {
            try limiter.check(.client(try #require(ClientAddress("2001:db8::2"))), one)
        }
        #expect(problem?.status == .tooManyRequests)
        #expect(problem?.headers[.retryAfter].flatMap { Int($0) } ?? 0 > 900)
        try limiter.check(.client(try #require(ClientAddress("2001:db8:0:1::2"))), one)
        try limiter.check(.key("2001:db8::2"), one)
        // What is urgent has an allowance of its own, which the neighbours share, too.
        try limiter.check(.acts(try #require(ClientAddress("2001:db8::3"))), one)
        #expect(throws: ProblemDetails.self) {
            try limiter.check(.acts(try #require(ClientAddress("2001:db8::4"))), one)
        }
    }

    @Test func `Only what is charged counts`() throws {
        let limiter = RateLimiter()
        let two = TokenBucket.Rate(perSecond: 0.001, burst: 2)
        let office = RateLimiter.Subject.client(try #require(ClientAddress("203.0.113.7")))
        for _ in 0..<200 { try limiter.checkAllowance(of: office, two) }
        for _ in 0..<2 {
            try limiter.checkAllowance(of: office, two)
            limiter.charge(office, two)
        }
        let problem = #expect(throws: ProblemDetails.self) { try limiter.checkAllowance(of: office, two) }
        #expect(problem?.status == .tooManyRequests)
    }
}
