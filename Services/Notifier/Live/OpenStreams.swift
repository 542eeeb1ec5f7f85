internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Runtime
internal import Streams
internal import Synchronization

/// The streams that are open, by what they were opened with: where a key ends, they end.
///
/// Each key, or session, is judged anew about once a second, however many streams it has open.
final class OpenStreams: Sendable {
    /// Whether the key would still open the stream: throws 401 or 403 where not.
    typealias Judge = @Sendable () async throws -> Void

    private static let interval: Duration = .seconds(1)
    /// Keys that are judged side by side.
    private static let atOnce = 2

    /// What a stream was opened with, and where.
    fileprivate struct Opening: Hashable {
        let credential: Credential?
        let path: String
    }

    /// One open stream; it is forgotten when nobody refers to it.
    final class Stay: Sendable {
        private let streams: OpenStreams
        private let opening: Opening
        private let number: Int
        private let mark: Mark

        fileprivate init(_ streams: OpenStreams, _ opening: Opening, _ number: Int, _ mark: Mark) {
            (self.streams, self.opening, self.number, self.mark) = (streams, opening, number, mark)
        }

        /// Whether its key opens it no more.
        var isOver: Bool { mark.isOver.load(ordering: .acquiring) }

        deinit { streams.leave(opening, number) }
    }

    fileprivate final class Mark: Sendable {
        let isOver = Atomic<Bool>(false)
        let departure: Wake

        init(_ departure: Wake) { self.departure = departure }
    }

    private struct Holder {
        let judge: Judge
        /// Wakes whoever waits for more of the stream.
        let growth: Wake
        var marks: [Int: Mark] = [:]
    }

    private struct State {
        var holders: [Opening: Holder] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    /// Takes note of a stream.
    ///
    /// - Parameters:
    ///   - growth: the stream's bell. It and `departure` ring when the key has ended.
    ///   - judge: asked for all streams that were opened alike.
    func enter(_ request: Request, growth: Wake, departure: Wake, judge: @escaping Judge) throws -> Stay {
        let opening = Opening(credential: try request.credential(), path: request.uri.path)
        let mark = Mark(departure)
        let number = state.withLock { state in
            state.last += 1
            state.holders[opening, default: Holder(judge: judge, growth: growth)].marks[state.last] = mark
            return state.last
        }
        return Stay(self, opening, number, mark)
    }

    private func leave(_ opening: Opening, _ number: Int) {
        state.withLock { state in
            state.holders[opening]?.marks[number] = nil
            if state.holders[opening]?.marks.isEmpty == true { state.holders[opening] = nil }
        }
    }

    /// How many keys have a stream open.
    var keys: Int { state.withLock(\.holders.count) }

    // MARK: Judging

    /// Judges until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: Self.interval) } catch { return }
            await judgeAll()
        }
    }

    private func judgeAll() async {
        var left = state.withLock { $0.holders.map { ($0.key, $0.value.judge) } }[...]
        await withTaskGroup(of: Void.self) { group in
            for (opening, judge) in left.prefix(Self.atOnce) { group.addTask { await self.judge(opening, judge) } }
            left = left.dropFirst(Self.atOnce)
            while await group.next() != nil {
                guard let (opening, judge) = left.popFirst() else { continue }
                group.addTask { await self.judge(opening, judge) }
            }
        }
    }

    private func judge(_ opening: Opening, _ judge: Judge) async {
        do { try await judge() } catch {
            // While the store is away nothing is known of the key: it is served on.
            guard let status = (error as? ProblemDetails)?.status, status == .unauthorized || status == .forbidden
            else { return }
            end(opening)
        }
    }

    private func end(_ opening: Opening) {
        guard let holder = state.withLock({ $0.holders[opening] }) else { return }
        for mark in holder.marks.values {
            mark.isOver.store(true, ordering: .releasing)
            mark.departure.ring()
        }
        holder.growth.ring()
    }
}
