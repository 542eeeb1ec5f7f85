internal import CPostgreSQL
internal import Reactor
internal import Synchronization

/// Why an exchange was broken off from this side.
enum Stop: Sendable {
    case deadline
    case cancelled

    func error(of operation: String) -> PostgresError {
        switch self {
        case .deadline:
            PostgresError(.timeout, operation: operation, message: "no answer within the time-out; it was cancelled")
        case .cancelled: .cancelled(operation)
        }
    }
}

/// Takes results in the order in which they come.
protocol ResultSink {
    var isFinished: Bool { get }
    mutating func take(_ result: ResultHandle)
    mutating func takeEnd()
    /// The error when the connection breaks here.
    func lost(_ error: PostgresError) -> PostgresError
}

extension Batch: ResultSink where Output == Rows {
    mutating func take(_ result: ResultHandle) {
        switch result.status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            receive(.succeeded(Rows(result), tag: result.commandTag))
        case PGRES_PIPELINE_SYNC: receive(.sync)
        case PGRES_PIPELINE_ABORTED: receive(.aborted)
        case PGRES_FATAL_ERROR: receive(.failed(result.error(operation: "query")))
        default:
            // COPY stops the protocol here; its result would come again and again.
            receive(.derailed(PostgresError(.usage, operation: "query", message: "COPY cannot be run as a query")))
        }
    }

    mutating func takeEnd() {
        receive(.end)
    }

    func lost(_ error: PostgresError) -> PostgresError {
        // A statement failed before, so nothing can have been committed, unless it is the server's farewell.
        if let failure, failure.sqlState?.isTransient != true { return failure }
        var error = error
        if let failure, error.sqlState == nil {
            error.sqlState = failure.sqlState
            error.message = failure.message
        }
        error.outcomeIsUnknown = true
        if hasCommit {
            error.kind = .commitUnknown
            error.operation = "COMMIT"
        }
        return error
    }
}

extension PostgresConnection {
    /// Sends what is queued and takes results until the sink has all of them.
    ///
    /// Past the deadline, or when the task is cancelled, the server is asked to stop; if it does so within the grace
    /// period, the connection stays good and the reason is given back, for the caller to put it in place of the
    /// server's "canceling statement". Otherwise the connection is closed.
    func exchange(
        _ sink: inout some ResultSink, on wire: Wire, until deadline: ContinuousClock.Instant, isCancellable: Bool
    ) async throws(PostgresError) -> Stop? {
        var deadline = deadline
        var stop: Stop?
        var request: CancelRequest?
        do throws(PostgresError) {
            var isFlushed = try wire.flush()
            while true {
                let outcome = await reactor.wait(
                    for: wire.socket, isFlushed ? .readable : .either, until: deadline,
                    isCancellable: isCancellable && stop == nil)
                if outcome == .ready {
                    try receive(&sink, on: wire)
                    if sink.isFinished { break }
                    if !isFlushed { isFlushed = try wire.flush() }
                } else {
                    if let stop { throw stop.error(of: "query") }
                    stop = outcome == .timedOut ? .deadline : .cancelled
                    deadline = .now + configuration.cancelGrace
                    request = CancelRequest(wire.cancelToken())
                }
            }
            // A late cancellation must not hit the next statement.
            if let request, await !request.isDelivered(on: reactor, until: deadline) { close() }
        } catch {
            close()
            guard let stop else { throw sink.lost(error) }
            var error = stop.error(of: "query")
            error.outcomeIsUnknown = true
            throw error
        }
        return stop
    }

    /// Reads what has arrived and hands the complete results on, also those before a broken connection's end.
    private func receive(_ sink: inout some ResultSink, on wire: Wire) throws(PostgresError) {
        var failure: PostgresError?
        do throws(PostgresError) { try wire.consumeInput() } catch { failure = error }
        while !sink.isFinished {
            switch wire.next() {
            case .pending:
                if let failure { throw failure }
                return
            case .end:
                guard wire.isOpen else { throw failure ?? wire.failure("receive") }
                sink.takeEnd()
            case .result(let result):
                guard wire.isOpen || result.status != PGRES_FATAL_ERROR else {
                    throw failure ?? wire.failure("receive")
                }
                sink.take(result)
            }
        }
    }
}

/// A request to stop, under way on a thread of its own.
final class CancelRequest: Sendable {
    private let bell = Doorbell()
    private let isDelivered = Atomic(false)

    init?(_ token: CancelToken?) {
        guard let token else { return nil }
        let isRunning = OwnThread.start {
            self.isDelivered.store(token.cancelBlocking(), ordering: .releasing)
            self.bell.ring()
        }
        if !isRunning { return nil }
    }

    /// Waits until the server has acted on the request; false when that is not known in time.
    func isDelivered(on reactor: Reactor, until deadline: ContinuousClock.Instant) async -> Bool {
        let outcome = await reactor.wait(for: bell.descriptor, .readable, until: deadline, isCancellable: false)
        return outcome == .ready && isDelivered.load(ordering: .acquiring)
    }
}
