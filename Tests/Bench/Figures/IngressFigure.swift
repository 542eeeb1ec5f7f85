import Foundation

/// Acknowledged reports a second of 4 senders over ZeroMQ, 256 on their way from each, against 64 HTTP connections at
/// the same intake in turn.
struct IngressFigure {
    let setting: Setting

    private var seconds: Int { setting.seconds(10, quick: 3) }
    private var pairs: Int { setting.isQuick ? 1 : 3 }

    func measure() async throws -> [Row] {
        let stack = setting.stack
        let load = try IngressLoad(stack.credentials.zeromq)
        let http = AdmissionFigure(setting: setting)
        var measured: [(value: Double, reference: Double)] = []
        try await setting.store.reset()
        // Routing and what follows it stand still on both sides of a pair: the figure is intake's.
        try await stack.holding([stack.routing, stack.analytics] + stack.notifiers) {
            _ = try await load.run(for: 2)
            for pair in 1...pairs {
                try await setting.store.emptyAdmission()
                let reference = try await http.rate(for: seconds)
                try await setting.store.emptyAdmission()
                let value = try await setting.noteCores(of: "ZeroMQ ingress, pair \(pair)") {
                    try await acknowledged(load)
                }
                setting.say("ZeroMQ ingress, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) reports/s")
                measured.append((value, reference))
            }
            try await setting.store.emptyAdmission()
        }
        await setting.notes.add(
            "ZeroMQ ingress: 4 senders with 256 reports on their way each, over CURVE; the reference is the JSON door "
                + "with 64 connections, at the same intake; routing and the others stand still on both sides.")
        return [Row("ZeroMQ ingress", measured, "reports/s", target: .ratioAtLeast(1.3))]
    }

    /// Only what is stored counts.
    private func acknowledged(_ load: IngressLoad) async throws -> Double {
        let result = try await load.run(for: seconds)
        let stored = try await setting.store.reportCount()
        guard stored >= result.answers else {
            throw BenchFailure("\(result.answers) reports acknowledged, but \(stored) stored")
        }
        if result.refused > 0 { await setting.notes.add("ZeroMQ ingress: \(result.refused) reports were refused") }
        return Double(result.answers) / result.elapsedSeconds
    }
}
