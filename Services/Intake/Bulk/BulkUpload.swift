internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Runtime

/// Reads an upload as fast as its reports can be stored, and gathers what became of each, in their order.
///
/// A bounded number of records is under way at once. While there is no room, the body is not read, and so the sender
/// waits: a full inbox or queue, the key's own rate and the store's pace slow an upload, and none refuses a line of it.
struct BulkUpload: Sendable {
    /// Records that are taken in, answered and counted together.
    static let blockSize = 256
    /// Blocks under way at once.
    static let mostBlocks = 4
    /// Bytes of answers; an upload with more is cut there.
    static let mostAnswers = 1 << 30
    /// How often it is asked whether the key still holds, and what the city says now.
    private static let renewal: Duration = .seconds(3)

    let taker: BulkTaker
    let format: BulkFormat
    let connection: LongRequest
    let spool: AnswerSpool
    /// The seconds to wait before the next record; nil for none.
    let pause: @Sendable () -> Int?
    /// The city as it is now. Throws where the key does not hold any more.
    let city: @Sendable () async throws -> ServedCity

    /// Reads the body to its end; then everything that was read is stored or refused, and answered in the spool.
    ///
    /// - Throws: `ProblemDetails`: 400 for a body that breaks off, whose whole records are stored or refused, and for a
    ///   header row that cannot be read; 401 and 403 where the key holds no longer; 422 for unknown columns.
    func run(_ request: Request, for city: ServedCity) async throws {
        try await withThrowingTaskGroup(of: BulkAnswers.Block.self) { group in
            var state = State(city: city, reader: format.reader())
            var pieces = request.body.makeAsyncIterator()
            var size = 0
            do {
                while true {
                    let silence = connection.silence()
                    guard let piece = try await pieces.next() else {
                        silence.broken()
                        break
                    }
                    silence.broken()
                    size += piece.readableBytes
                    let records = state.reader.read(Array(piece.readableBytesView))
                    try await take(records.map(\.record), &state, &group)
                    guard spool.count <= Self.mostAnswers else { return try await cut(&state, &group) }
                }
            } catch let problem as ProblemDetails {
                throw problem
            } catch is CancellationError {
                throw CancellationError()
            } catch let failure as AnswerSpool.Failure {
                throw failure
            } catch {
                throw Self.brokenOff
            }
            if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced != size {
                throw Self.brokenOff
            }
            if let last = state.reader.finish() { try await take([last.record], &state, &group) }
            if format == .csv, state.columns == nil { throw Self.noHeader }
            try await finish(&state, &group)
        }
    }

    private typealias Group = ThrowingTaskGroup<BulkAnswers.Block, any Error>

    private struct State {
        var city: ServedCity
        var reader: any RecordReader
        var columns: ReportColumns?
        var answers = BulkAnswers()
        var renewedAt = ContinuousClock.now
        /// Records so far, without the header row.
        var records = 0
        var block: [BulkRecord] = []
    }

    private func take(_ records: [BulkRecord], _ state: inout State, _ group: inout Group) async throws {
        for record in records {
            if format == .csv, state.columns == nil {
                state.columns = try columns(record)
                continue
            }
            while let seconds = pause() {
                try await begin(&state, &group)
                try await Task.sleep(for: .seconds(seconds))
            }
            state.block.append(record)
            if state.block.count == Self.blockSize { try await begin(&state, &group) }
        }
        try await begin(&state, &group)
    }

    private func columns(_ header: BulkRecord) throws -> ReportColumns {
        guard case .row(let cells) = header else { throw Self.noHeader }
        do { return try ReportColumns(header: cells) } catch {
            throw ProblemDetails.unprocessable(
                error.list.map {
                    .init(pointer: $0.pointer, code: $0.code.rawValue, message: $0.message(taker.language))
                }, detail: "The header row names columns that there are not; nothing was stored.")
        }
    }

    /// Begins the block that has gathered, once there is room for it.
    private func begin(_ state: inout State, _ group: inout Group) async throws {
        guard !state.block.isEmpty else { return }
        while state.answers.underWay >= Self.mostBlocks { try await collect(&state, &group) }
        if ContinuousClock.now - state.renewedAt > Self.renewal { try await renew(&state) }
        let (number, first) = (state.answers.begin(), state.records + 1)
        let (records, city, columns) = (state.block, state.city, state.columns)
        state.records += records.count
        state.block.removeAll(keepingCapacity: true)
        let taker = taker
        group.addTask {
            BulkAnswers.Block(
                number: number, bytes: await taker.answers(to: records, from: first, in: city, columns: columns))
        }
    }

    private func collect(_ state: inout State, _ group: inout Group) async throws {
        guard let block = try await group.next() else { return }
        for bytes in state.answers.take(block) { try await spool.write(bytes) }
    }

    private func finish(_ state: inout State, _ group: inout Group) async throws {
        while state.answers.underWay > 0 { try await collect(&state, &group) }
    }

    /// While the store is away, what was known a moment ago holds on.
    private func renew(_ state: inout State) async throws {
        state.renewedAt = .now
        do { state.city = try await city() } catch let problem as ProblemDetails where problem.status.code < 500 {
            throw problem
        } catch {}
    }

    private func cut(_ state: inout State, _ group: inout Group) async throws {
        try await finish(&state, &group)
        let rest = BulkAnswer.refused(
            .contentTooLarge, "too_many", "The answer is as long as one may be. Send the rest, from here on, by itself."
        )
        try await spool.write(rest.bytes(line: state.records + 1))
    }

    private static let brokenOff = ProblemDetails.badRequest(
        "The body broke off. What was read whole is stored or refused; send all of it again, nothing is stored twice.")
    private static let noHeader = ProblemDetails.badRequest("The header row is missing or not readable as CSV.")
}

/// Puts the answers of blocks, which end in any order, into their own: pure.
struct BulkAnswers {
    struct Block: Sendable {
        var number: Int
        var bytes: [UInt8]
    }

    private var begun = 0
    private var given = 0
    private var early: [Int: [UInt8]] = [:]

    /// Blocks begun whose answers were not given yet.
    var underWay: Int { begun - given }

    /// The number of a block that begins now.
    mutating func begin() -> Int {
        begun += 1
        return begun - 1
    }

    /// All answers whose turn it is, now that these are there.
    mutating func take(_ block: Block) -> [[UInt8]] {
        early[block.number] = block.bytes
        var turn: [[UInt8]] = []
        while let bytes = early.removeValue(forKey: given) {
            turn.append(bytes)
            given += 1
        }
        return turn
    }
}
