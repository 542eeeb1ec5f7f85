import Domain
import FoundationEssentials
import HTTPTypes
import Runtime
import Synchronization
import Testing

@testable import Intake

@Suite("What one phone and one address may report")
struct CitizenLimitsTests {
    /// A clock that stands until it is moved on.
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func move(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    private let clock = Clock()
    private let limits: CitizenLimits

    init() {
        let clock = clock
        limits = CitizenLimits(
            limiter: RateLimiter(now: { clock.now }), address: .init(perSecond: 1, burst: 300),
            device: .init(perSecond: 1.0 / 3, burst: 60))
    }

    private func sender(_ address: String = "203.0.113.7", _ device: UUID? = nil) throws -> Sender {
        Sender(address: try #require(ClientAddress(address)), device: device)
    }

    /// How many of so many reports pass.
    private func passed(_ count: Int, of sender: Sender, isUrgent: Bool = false) -> Int {
        (0..<count).count { _ in limits.take(sender, isUrgent: isUrgent) == .passed }
    }

    @Test("300 at once and then 60 a minute from one address, whatever phones share it")
    func address() throws {
        #expect(passed(400, of: try sender()) == 300)
        clock.move(.seconds(60))
        #expect(passed(100, of: try sender()) == 60)
        clock.move(.seconds(3600))
        #expect(passed(400, of: try sender()) == 300)
    }

    @Test("many phones on one line send as many as the line may, and each no more than its own")
    func phones() throws {
        let phones = (0..<10).map { _ in UUID() }
        let loud = try sender("203.0.113.7", phones[0])
        #expect(passed(200, of: loud) == 60)
        // What the loud one sent too much took nothing from the others.
        let others = try phones.dropFirst().reduce(0) { $0 + passed(30, of: try sender("203.0.113.7", $1)) }
        #expect(others == 240)
        clock.move(.seconds(60))
        #expect(passed(50, of: loud) == 20)
    }

    @Test("what is urgent is never refused, and takes nothing from the rest")
    func urgent() throws {
        let phone = try sender("203.0.113.7", UUID())
        #expect(passed(5_000, of: phone, isUrgent: true) == 5_000)
        #expect(passed(60, of: phone) == 60)
        #expect(passed(1, of: phone) == 0)
        #expect(passed(5_000, of: phone, isUrgent: true) == 5_000)
    }

    @Test("the JSON door says when to come back")
    func retryAfter() throws {
        _ = passed(300, of: try sender())
        let error = #expect(throws: ProblemDetails.self) { try limits.check(try sender(), isUrgent: false) }
        #expect(error?.status == .tooManyRequests && error?.headers[.retryAfter] == "1")
        try limits.check(try sender(), isUrgent: true)
        try limits.check(try sender("203.0.113.8"), isUrgent: false)
    }

    @Test("what is done to stored reports takes nothing from who wants to report")
    func acts() throws {
        for _ in 0..<300 { try limits.checkAct(from: try sender().address) }
        #expect(throws: ProblemDetails.self) { try limits.checkAct(from: try sender().address) }
        #expect(passed(300, of: try sender()) == 300)
    }

    @Test("a phone flags ten reports an hour, an address sixty")
    func flags() throws {
        var passed = 0
        for _ in 0..<20 {
            let phone = UUID()
            for _ in 0..<15 {
                do throws(ProblemDetails) {
                    try limits.checkFlag(Sender(address: .local, device: phone))
                    passed += 1
                } catch { #expect(error.status == .tooManyRequests) }
            }
        }
        #expect(passed == 60)
        clock.move(.seconds(3600))
        let phone = UUID()
        for _ in 0..<10 { try limits.checkFlag(Sender(address: .local, device: phone)) }
        #expect(throws: ProblemDetails.self) { try limits.checkFlag(Sender(address: .local, device: phone)) }
    }

    @Test("a flood of made-up phones costs no memory, and is no way around the address")
    func bounded() throws {
        let limiter = RateLimiter(limit: 1_000, now: { [clock] in clock.now })
        let limits = CitizenLimits(
            limiter: limiter, address: .init(perSecond: 1, burst: 300), device: .init(perSecond: 1, burst: 60))
        let address = try #require(ClientAddress("203.0.113.7"))
        var passed = 0
        for _ in 0..<20_000 where limits.take(Sender(address: address, device: UUID()), isUrgent: false) == .passed {
            passed += 1
        }
        #expect(passed <= 300 && limiter.count <= 1_000, "\(passed) passed, \(limiter.count) are remembered")
    }
}
