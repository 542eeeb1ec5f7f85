internal import Streams
internal import Synchronization

/// Pages of the stream's past, for all consumers that have fallen behind.
///
/// One page is made at a time, and the newest are kept for a moment: consumers that come back together, as after a
/// restart, share them. However many catch up at once, they take a part of one processor, and the live consumers, and
/// the other agencies beside us, keep the rest.
final class ReplayPages: Sendable {
    typealias Page = TailBlock<SSEBlock>

    private struct State: Sendable {
        var isTaken = false
        /// How many wait for the page after a position.
        var waiting: [Int64: Int] = [:]
        var kept: [(page: Page, until: ContinuousClock.Instant)] = []

        mutating func page(after position: Int64, now: ContinuousClock.Instant) -> Page? {
            kept.removeAll { $0.until <= now }
            return kept.first { $0.page.first == position + 1 }?.page
        }

        /// Whether nobody waits but for the page that was just made.
        func isAlone(at position: Int64) -> Bool { waiting.keys.allSatisfy { $0 == position } }
    }

    private enum Turn {
        case ours
        case made(Page)
        case cancelled
    }

    static let mostKept = 4
    /// Short, as an event whose person asked to be forgotten must not be handed out for long.
    private static let keptFor: Duration = .seconds(1)
    /// The longest rest after one page.
    private static let longestRest: Duration = .milliseconds(100)

    private let state = Mutex(State())
    private let freed = Wake()

    /// The page after this position: one just made for somebody else, or a new one when it is our turn to make it.
    /// While others wait for other pages, the turn's end waits for as long as the page took.
    ///
    /// - Returns: nil when the task was cancelled, or `make` has none.
    func page(after position: Int64, _ make: () async throws -> Page?) async throws -> Page? {
        switch await turn(position) {
        case .cancelled: return nil
        case .made(let page): return page
        case .ours: break
        }
        defer { leave() }
        let begun = ContinuousClock.now
        guard let page = try await make() else { return nil }
        let now = ContinuousClock.now
        let isAlone = state.withLock { state in
            state.kept = state.kept.suffix(Self.mostKept - 1) + [(page, now + Self.keptFor)]
            return state.isAlone(at: position)
        }
        if !isAlone {
            freed.ring()
            try? await Task.sleep(for: min(now - begun, Self.longestRest))
        }
        return page
    }

    private func turn(_ position: Int64) async -> Turn {
        state.withLock { $0.waiting[position, default: 0] += 1 }
        defer {
            state.withLock { state in
                let rest = state.waiting[position, default: 1] - 1
                state.waiting[position] = rest > 0 ? rest : nil
            }
        }
        while !Task.isCancelled {
            let generation = freed.generation
            let now = ContinuousClock.now
            let turn = state.withLock { state -> Turn? in
                if let page = state.page(after: position, now: now) { return .made(page) }
                defer { state.isTaken = true }
                return state.isTaken ? nil : .ours
            }
            if let turn { return turn }
            await freed.wait(since: generation)
        }
        return .cancelled
    }

    private func leave() {
        state.withLock { $0.isTaken = false }
        freed.ring()
    }
}
