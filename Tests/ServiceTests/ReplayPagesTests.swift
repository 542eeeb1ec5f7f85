internal import Streams
internal import Synchronization
internal import Testing

@testable internal import Notifier

/// Consumers that catch up take turns, and share what one of them has just read.
@Suite(.timeLimit(.minutes(1)))
struct ReplayPagesTests {
    private struct Broken: Error {}

    /// How many make a page now, the most that ever did, and how many were made.
    private final class Crowd: Sendable {
        private let state = Mutex((here: 0, most: 0, made: 0))
        var most: Int { state.withLock(\.most) }
        var made: Int { state.withLock(\.made) }

        func make(after position: Int64) async -> ReplayPages.Page {
            state.withLock {
                $0.here += 1
                $0.most = max($0.most, $0.here)
                $0.made += 1
            }
            await Task.yield()
            state.withLock { $0.here -= 1 }
            return ReplayPagesTests.page(after: position)
        }
    }

    private static func page(after position: Int64) -> ReplayPages.Page {
        ReplayPages.Page(first: position + 1, last: position + 10, size: 0, payload: SSEBlock([]))
    }

    @Test func `one page is made at a time, and everybody gets theirs`() async throws {
        let replays = ReplayPages()
        let crowd = Crowd()
        let pages = try await withThrowingTaskGroup(of: Int64?.self) { group in
            for position in Int64(0)..<40 {
                group.addTask {
                    try await replays.page(after: position) { await crowd.make(after: position) }?.first
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(pages.compactMap(\.self)) == Set(1...40))
        #expect(crowd.most == 1)
        #expect(crowd.made == 40)
    }

    @Test func `consumers at the same place share a page`() async throws {
        let replays = ReplayPages()
        let crowd = Crowd()
        let pages = try await withThrowingTaskGroup(of: Int64?.self) { group in
            for _ in 0..<40 {
                group.addTask { try await replays.page(after: 7) { await crowd.make(after: 7) }?.last }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(pages == Array(repeating: 17, count: 40))
        #expect(crowd.made == 1)
    }

    @Test func `a page that is a second old is made anew`() async throws {
        let replays = ReplayPages()
        let crowd = Crowd()
        _ = try await replays.page(after: 7) { await crowd.make(after: 7) }
        // pause: as long as a page is kept
        try await Task.sleep(for: .milliseconds(1_050))
        _ = try await replays.page(after: 7) { await crowd.make(after: 7) }
        #expect(crowd.made == 2)
    }

    @Test func `a page that fails gives the turn on`() async throws {
        let replays = ReplayPages()
        await #expect(throws: Broken.self) { try await replays.page(after: 0) { throw Broken() } }
        let page = try await replays.page(after: 0) { Self.page(after: 0) }
        #expect(page?.first == 1)
    }

    @Test func `who is cancelled while it waits is gone at once`() async throws {
        let replays = ReplayPages()
        let (held, begun) = AsyncStream<Void>.makeStream()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let first = Task {
            try await replays.page(after: 0) {
                begun.finish()
                for await _ in gate {}
                return nil
            }
        }
        for await _ in held {}
        let second = Task { try await replays.page(after: 1) { Self.page(after: 1) } }
        second.cancel()
        let page = try await second.value
        #expect(page == nil)
        open.finish()
        _ = try await first.value
        let next = try await replays.page(after: 2) { Self.page(after: 2) }
        #expect(next?.first == 3)
    }
}
