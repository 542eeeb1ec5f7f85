import Domain
import Storage

/// The store's own batch insert, 500 reports a transaction, against COPY of the same rows in the same portions.
struct BatchWriteFigure {
    let setting: Setting

    private var batches: Int { setting.isQuick ? 10 : 100 }
    private var pairs: Int { setting.isQuick ? 1 : 5 }

    func measure() async throws -> [Row] {
        let stack = setting.stack
        let store = setting.store
        try await store.reset()
        let maker = try await ReportMaker(store: store)
        let measured = try await stack.holding(stack.services) {
            var measured: [(value: Double, reference: Double)] = []
            for pair in 1...pairs {
                let load = try (0..<batches).map { try maker.batch(from: $0 * ReportBatch.size) }
                try await store.emptyAdmission()
                let value = try await setting.noteCores(of: "batch write, pair \(pair)") {
                    try await timed { try await admit(load) }
                }
                try await store.emptyAdmission()
                let reference = try await timed { try await store.copy(load) }
                setting.say("batch write, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) reports/s")
                measured.append((value, reference))
            }
            try await store.emptyAdmission()
            return measured
        }
        await setting.notes.add(
            "batch write: one connection, \(ReportBatch.size) rows a transaction on both sides; all services stand still."
        )
        return [Row("batch write", measured, "reports/s", target: .ratioAtLeast(0.5))]
    }

    private func admit(_ batches: [ReportBatch]) async throws {
        let admission = AdmissionStore(pool: setting.store.pool)
        for batch in batches {
            _ = try await admission.admit(batch.reports, in: JurisdictionCode(rawValue: Stack.jurisdiction))
        }
    }

    /// Reports a second, into empty tables.
    private func timed(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        let elapsed = ContinuousClock.now - start
        let stored = try await setting.store.reportCount()
        guard stored == batches * ReportBatch.size else { throw BenchFailure("\(stored) reports were stored") }
        return Double(stored) / elapsed.inSeconds
    }
}
