internal import AsyncHTTPClient
internal import NIOHTTP1

/// An event stream that is open, to be read to its end.
package struct FollowedStream: Sendable {
    private let response: HTTPClientResponse

    /// Throws where it is not opened.
    package init(_ door: Door, _ path: String) async throws {
        response = try await door.follow(path, lastEventID: nil)
        guard response.status == .ok else { throw Unexpected("\(path): \(response.status)") }
    }

    /// Whether the stream ends in time; throws where its line breaks.
    package func hasEnded(within limit: Duration) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for try await _ in response.body {}
                return true
            }
            group.addTask {
                // pause: the bound of what is waited for
                try await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
