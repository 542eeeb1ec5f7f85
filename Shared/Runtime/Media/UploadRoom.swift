internal import HTTPTypes
package import Hummingbird
internal import Synchronization

/// How much of uploads may be in memory at once, counted by what their senders announce. Many slow lines that each
/// bring a small photo fit in; a few that announce large ones and dawdle do not keep all others out.
package final class UploadRoom: Sendable {
    private struct State: Sendable {
        var taken = 0
        var byClient: [ClientAddress: Int] = [:]
    }

    private let mostBytes: Int
    private let state = Mutex(State())

    /// - Parameter mostBytes: of all uploads; one address may have half of it.
    package init(mostBytes: Int = 96 * 1_024 * 1_024) { self.mostBytes = mostBytes }

    /// Runs `body` while there is room for the request's body.
    ///
    /// Throws 413 for what announces more than `limit`, and 503 where there is no room.
    package func hold<Value>(
        for request: Request, upTo limit: Int, from client: ClientAddress,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let bytes = request.headers[.contentLength].flatMap { Int($0) } ?? limit
        guard bytes <= limit else { throw ProblemDetails.contentTooLarge(limit: limit) }
        guard take(max(0, bytes), client) else { throw ProblemDetails.crowded }
        defer { give(max(0, bytes), client) }
        return try await body()
    }

    private func take(_ bytes: Int, _ client: ClientAddress) -> Bool {
        state.withLock { state in
            let own = state.byClient[client, default: 0]
            guard state.taken + bytes <= mostBytes, own + bytes <= mostBytes / 2 else { return false }
            state.taken += bytes
            state.byClient[client] = own + bytes
            return true
        }
    }

    private func give(_ bytes: Int, _ client: ClientAddress) {
        state.withLock { state in
            state.taken -= bytes
            let own = state.byClient[client, default: 0] - bytes
            state.byClient[client] = own > 0 ? own : nil
        }
    }
}

extension ProblemDetails {
    static let crowded = unavailable("Much is being sent at this moment; send this again soon.", retryAfter_s: 5)
}
