/// What a step's result is for.
enum BatchPurpose: Hashable {
    case statement(Int)
    case begin
    case commit
    case rollback

    var operation: String {
        switch self {
        case .statement: "query"
        case .begin: "BEGIN"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        }
    }
}

enum BatchStep: Hashable {
    /// Housekeeping before the statements, in a sync of its own; its failure means nothing.
    case deallocate(name: String)
    case prepare(name: String, for: BatchPurpose)
    case execute(BatchPurpose)
    case sync
}

/// Statements that go to the server in one flush, and how far their answers have come.
///
/// Pure: it is fed the results in the order in which libpq gives them (a result and then an end for each step, and a
/// bare result for each sync), and collects rows or the first failure.
struct Batch<Output> {
    enum Event {
        /// A step's answer, with the server's command tag.
        case succeeded(Output, tag: String)
        case failed(PostgresError)
        /// Not run, because a step before it failed.
        case aborted
        case sync
        /// The end of one step's results.
        case end
        /// An answer after which the connection cannot go on.
        case derailed(PostgresError)
    }

    private let steps: [BatchStep]
    private var position = 0
    private(set) var rows: [Output] = []
    /// The first failure of a statement.
    private(set) var failure: PostgresError?
    /// What failed first.
    private(set) var failedPurpose: BatchPurpose?
    /// Statements that were to be prepared and are not.
    private(set) var unprepared: [String] = []
    /// Whether the server confirmed the COMMIT.
    private(set) var isCommitted = false
    private(set) var isOutOfStep = false

    init(steps: [BatchStep]) {
        self.steps = steps
    }

    var isFinished: Bool { position == steps.count || isOutOfStep }
    var hasCommit: Bool { steps.contains(.execute(.commit)) }

    mutating func receive(_ event: Event) {
        guard position < steps.count else {
            isOutOfStep = true
            return
        }
        switch (steps[position], event) {
        case (_, .derailed(let error)):
            failure = failure ?? error
            isOutOfStep = true
        case (.sync, .sync):
            position += 1
        case (.sync, _), (_, .sync):
            isOutOfStep = true
        case (_, .end):
            position += 1
        case (.deallocate, _), (.prepare, .succeeded):
            break
        case (.prepare(let name, let purpose), .failed(let error)):
            unprepared.append(name)
            fail(error, purpose)
        case (.prepare(let name, _), _):
            unprepared.append(name)
        case (.execute(let purpose), .succeeded(let output, let tag)):
            collect(output, tag: tag, purpose)
        case (.execute(let purpose), .failed(let error)):
            fail(error, purpose)
        case (.execute, _):
            break
        }
    }

    private mutating func collect(_ output: Output, tag: String, _ purpose: BatchPurpose) {
        switch purpose {
        case .statement: rows.append(output)
        case .commit where tag == "COMMIT": isCommitted = true
        case .commit:
            // COMMIT of a transaction that had failed before is a ROLLBACK, and no error to the server.
            let error = PostgresError(
                .server, operation: "COMMIT", message: "the transaction had failed and was rolled back",
                sqlState: .inFailedTransaction)
            fail(error, purpose)
        case .begin, .rollback: break
        }
    }

    private mutating func fail(_ error: PostgresError, _ purpose: BatchPurpose) {
        guard failure == nil else { return }
        var error = error
        error.operation = purpose.operation
        if case .statement(let index) = purpose { error.statementIndex = index }
        failure = error
        failedPurpose = purpose
    }
}
