internal import Domain
internal import Streams
internal import Synchronization

/// Pages of the stream, for all endpoints that stand at the same place: most have sent everything, and go on together when
/// the stream grows. One of them reads the page, and the others have it from there.
final class WebhookPages: Sendable {
    private struct State: Sendable {
        var kept: [(position: Int64, page: StreamPage, until: ContinuousClock.Instant)] = []
        var underWay: Set<Int64> = []
    }

    private enum Turn {
        case ours
        case theirs
        case made(StreamPage)
    }

    private static let mostKept = 4
    /// Short, as an event whose person asked to be forgotten must not be handed out for long.
    private static let keptFor: Duration = .seconds(1)

    private let reader: StreamReader
    private let state = Mutex(State())
    private let freed = Wake()

    init(_ reader: StreamReader) { self.reader = reader }

    /// The page after this position; nil where there is no such stream.
    func page(after position: Int64) async throws -> StreamPage? {
        while true {
            try Task.checkCancellation()
            let generation = freed.generation
            switch turn(position) {
            case .made(let page): return page
            case .theirs: await freed.wait(since: generation)
            case .ours: return try await read(position)
            }
        }
    }

    private func turn(_ position: Int64) -> Turn {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.kept.removeAll { $0.until <= now }
            if let known = state.kept.first(where: { $0.position == position }) { return .made(known.page) }
            return state.underWay.insert(position).inserted ? .ours : .theirs
        }
    }

    private func read(_ position: Int64) async throws -> StreamPage? {
        defer { freed.ring() }
        do {
            let page = try await reader.page(
                after: position, limit: WebhookPace.pageEvents, bytes: WebhookPace.pageBytes)
            state.withLock { state in
                state.underWay.remove(position)
                // Where there was nothing there may be something now.
                guard let page, !page.events.isEmpty else { return }
                state.kept = state.kept.suffix(Self.mostKept - 1) + [(position, page, .now + Self.keptFor)]
            }
            return page
        } catch {
            state.withLock { _ = $0.underWay.remove(position) }
            throw error
        }
    }
}
