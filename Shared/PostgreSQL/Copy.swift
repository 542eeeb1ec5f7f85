internal import CPostgreSQL
internal import Reactor
internal import Synchronization

/// Rows in the format of `COPY … (FORMAT binary)` (PostgreSQL's documentation, COPY, "Binary Format").
///
/// The server takes each value's bytes as its column's type, so types must fit exactly: `Int32` for `integer`.
package struct CopyRows: ~Copyable {
    private var bytes: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    package private(set) var count = 0

    package init() {}

    package mutating func append<each Value: PostgresEncodable>(_ value: repeat each Value) {
        var columns: Int16 = 0
        let start = bytes.count
        bytes.appendBigEndian(columns)
        for value in repeat each value {
            columns += 1
            append(value)
        }
        bytes[start] = UInt8(truncatingIfNeeded: columns >> 8)
        bytes[start + 1] = UInt8(truncatingIfNeeded: columns)
        count += 1
    }

    private mutating func append(_ value: some PostgresEncodable) {
        guard !value.isPostgresNull else { return bytes.appendBigEndian(Int32(-1)) }
        bytes.appendWithLength { value.encode(into: &$0) }
    }

    /// The bytes with their trailer.
    consuming func finished() -> [UInt8] {
        bytes.appendBigEndian(Int16(-1))
        return bytes
    }
}

/// Results outside pipeline mode: as many as there are statements, and then one end.
struct ScriptResults: ResultSink {
    private(set) var isFinished = false
    private(set) var failure: PostgresError?
    private(set) var affected = 0
    private(set) var isCopyingIn = false

    mutating func take(_ result: ResultHandle) {
        switch result.status {
        case PGRES_FATAL_ERROR: failure = failure ?? result.error(operation: "script")
        case PGRES_COPY_IN:
            // The server waits for data now, and no end comes before them.
            isCopyingIn = true
            isFinished = true
        default: affected = result.affectedRows
        }
    }

    mutating func takeEnd() {
        isFinished = true
    }

    func lost(_ error: PostgresError) -> PostgresError {
        if let failure, failure.sqlState?.isTransient != true { return failure }
        var error = error
        error.outcomeIsUnknown = true
        return error
    }
}

extension PostgresConnection {
    func run(script: String, timeout: Duration) async throws(PostgresError) {
        let deadline = ContinuousClock.now + timeout
        try await outsidePipeline { (wire) throws(PostgresError) in
            try wire.sendScript(script)
            var results = ScriptResults()
            let stop = try await self.exchange(&results, on: wire, until: deadline, isCancellable: true)
            if let stop, results.failure?.sqlState == .queryCanceled { throw stop.error(of: "script") }
            if let failure = results.failure { throw failure }
        }
    }

    func copyIn(_ sql: SQL, _ bytes: [UInt8], timeout: Duration?) async throws(PostgresError) -> Int {
        let deadline = ContinuousClock.now + (timeout ?? configuration.queryTimeout)
        var affected = 0
        try await outsidePipeline { (wire) throws(PostgresError) in
            try wire.sendScript(sql.text)
            var opening = ScriptResults()
            _ = try await self.exchange(&opening, on: wire, until: deadline, isCancellable: false)
            if let failure = opening.failure { throw failure }
            guard opening.isCopyingIn else {
                throw PostgresError(.usage, operation: "COPY", message: "not a COPY … FROM STDIN")
            }
            try await self.put(bytes, on: wire, until: deadline)
            var closing = ScriptResults()
            let stop = try await self.exchange(&closing, on: wire, until: deadline, isCancellable: true)
            if let stop, closing.failure?.sqlState == .queryCanceled { throw stop.error(of: "COPY") }
            if let failure = closing.failure { throw failure }
            affected = closing.affected
        }
        return affected
    }

    private func put(_ bytes: [UInt8], on wire: Wire, until deadline: ContinuousClock.Instant)
        async throws(PostgresError)
    {
        let slice = 65_536
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + slice, bytes.count)
            while try !wire.putCopyData(bytes[offset..<end]) { try await writable(wire, until: deadline) }
            offset = end
            // Without this libpq would keep everything in a buffer of its own.
            while try !wire.flush() { try await writable(wire, until: deadline) }
        }
        while try !wire.putCopyEnd() { try await writable(wire, until: deadline) }
    }

    private func writable(_ wire: Wire, until deadline: ContinuousClock.Instant) async throws(PostgresError) {
        switch await reactor.wait(for: wire.socket, .either, until: deadline) {
        case .ready: try wire.consumeInput()
        case .timedOut: throw Stop.deadline.error(of: "COPY")
        case .cancelled: throw .cancelled("COPY")
        }
    }

    /// Leaves pipeline mode for `body`. A failure in the middle of something leaves a closed connection.
    private func outsidePipeline(
        _ body: (Wire) async throws(PostgresError) -> Void
    ) async throws(PostgresError) {
        let wire = try begin()
        defer { isBusy = false }
        do throws(PostgresError) {
            try wire.exitPipeline()
            try await body(wire)
            try wire.enterPipeline()
        } catch {
            let isIntact = self.wire != nil && wire.isOpen && wire.transactionStatus == PQTRANS_IDLE
            if !isIntact || (try? wire.enterPipeline()) == nil { close() }
            throw error
        }
        if wire.transactionStatus != PQTRANS_IDLE {
            condition.store(.inTransaction, ordering: .releasing)
        }
    }
}
