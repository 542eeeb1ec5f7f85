import HTTPTypes
import Runtime
import Testing

@testable import Intake

@Suite("What one address may report")
struct CitizenLimitsTests {
    private let limits = CitizenLimits(limiter: RateLimiter(), rate: .init(perSecond: 0.001, burst: 3))

    /// With what status a report is refused; nil where it is taken.
    private func refusal(_ address: String, isUrgent: Bool = false) throws -> HTTPResponse.Status? {
        let address = try #require(ClientAddress(address))
        do throws(ProblemDetails) {
            try limits.check(address, isUrgent: isUrgent)
            return nil
        } catch {
            return error.headers.contains(.retryAfter) ? error.status : .internalServerError
        }
    }

    @Test("a fire gets through from an address whose other reports are too many")
    func fire() throws {
        for _ in 0..<3 { #expect(try refusal("203.0.113.7") == nil) }
        #expect(try refusal("203.0.113.7") == .tooManyRequests)
        for _ in 0..<30 { #expect(try refusal("203.0.113.7", isUrgent: true) == nil) }
    }

    @Test("a flood that calls itself urgent ends, too, and takes nothing from the other reports or addresses")
    func urgentFlood() throws {
        for _ in 0..<30 { #expect(try refusal("203.0.113.7", isUrgent: true) == nil) }
        #expect(try refusal("203.0.113.7", isUrgent: true) == .tooManyRequests)
        #expect(try refusal("203.0.113.7") == nil)
        #expect(try refusal("203.0.113.8", isUrgent: true) == nil)
    }
}
