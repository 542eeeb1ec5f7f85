import Domain
import Foundation
import Storage

/// The store's own batch insert, 500 reports a transaction, against COPY of the same rows in the same portions.
struct BatchWriteFigure {
    let setting: Setting
    private static let batchSize = 500

    private var batches: Int { setting.isQuick ? 10 : 100 }
    private var pairs: Int { setting.isQuick ? 1 : 5 }

    func measure() async throws -> [Row] {
        let stack = setting.stack
        let store = setting.store
        try await store.reset()
        let measured = try await stack.holding(stack.services) {
            var measured: [(value: Double, reference: Double)] = []
            for pair in 1...pairs {
                let reports = (0..<batches).map { batch in
                    (0..<Self.batchSize).map { LoadReport.stored(number: batch * Self.batchSize + $0) }
                }
                let copies = reports.map { CopyBinary(reports: $0) }
                let value = try await timed { try await admit(reports) }
                let reference = try await timed { try await store.copy(copies) }
                setting.say("batch write, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) reports/s")
                measured.append((value, reference))
            }
            try await store.emptyAdmission()
            return measured
        }
        await setting.notes.add(
            "batch write: one connection, \(Self.batchSize) rows a transaction on both sides; everything else stands still.")
        return [Row("batch write", measured, "reports/s", ratioAtLeast: 0.5)]
    }

    private func admit(_ batches: [[NewReport]]) async throws {
        let admission = AdmissionStore(pool: setting.store.pool)
        for batch in batches { _ = try await admission.admit(batch, in: JurisdictionCode(rawValue: Stack.jurisdiction)) }
    }

    private func timed(_ body: () async throws -> Void) async throws -> Double {
        try await setting.store.emptyAdmission()
        let start = ContinuousClock.now
        try await body()
        return Double(batches * Self.batchSize) / (ContinuousClock.now - start).inSeconds
    }
}
