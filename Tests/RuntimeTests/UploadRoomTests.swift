internal import Hummingbird
internal import HTTPTypes
internal import Testing

@testable internal import Runtime

/// How much of uploads is in memory at once.
@Suite struct UploadRoomTests {
    private let room = UploadRoom(mostBytes: 1_000)

    private func request(_ length: Int?) -> Request {
        var headers = HTTPFields()
        if let length { headers[.contentLength] = "\(length)" }
        return Request(.post, "/", headers: headers)
    }

    /// The status with which an upload is refused while others are under way; nil where there is room.
    private func refusal(
        of length: Int?, from client: ClientAddress, beside others: [(Int, ClientAddress)] = []
    ) async throws -> Int? {
        guard let other = others.first else {
            do {
                return try await room.hold(for: request(length), upTo: 400, from: client) { nil }
            } catch let problem as ProblemDetails { return problem.status.code }
        }
        return try await room.hold(for: request(other.0), upTo: 400, from: other.1) {
            try await refusal(of: length, from: client, beside: Array(others.dropFirst()))
        }
    }

    @Test func `one address has half of the room, and all of them no more than all`() async throws {
        let (one, two, three) = (ClientAddress.v4(1), ClientAddress.v4(2), ClientAddress.v4(3))
        #expect(try await refusal(of: 400, from: one) == nil)
        #expect(try await refusal(of: 100, from: one, beside: [(400, one)]) == nil)
        #expect(try await refusal(of: 101, from: one, beside: [(400, one)]) == 503)
        #expect(try await refusal(of: 200, from: three, beside: [(400, one), (400, two)]) == nil)
        #expect(try await refusal(of: 201, from: three, beside: [(400, one), (400, two)]) == 503)
        // All of it is given back.
        #expect(try await refusal(of: 400, from: one) == nil)
    }

    @Test func `who does not say how much comes is counted with the most that is taken`() async throws {
        #expect(try await refusal(of: nil, from: .v4(1), beside: [(100, .v4(1))]) == nil)
        #expect(try await refusal(of: nil, from: .v4(1), beside: [(101, .v4(1))]) == 503)
        #expect(try await refusal(of: 401, from: .v4(1)) == 413)
    }
}
