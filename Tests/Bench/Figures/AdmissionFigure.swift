import Foundation

/// Acknowledged reports a second over 64 connections, against the same rows written by pgbench's 64 clients.
struct AdmissionFigure {
    let setting: Setting
    private static let connections = 64

    private var seconds: Int { setting.seconds(15, quick: 3) }
    var pairs: Int { setting.isQuick ? 1 : 3 }

    func measure() async throws -> [Row] {
        let stack = setting.stack
        let intake = "http://127.0.0.1:\(stack.intake.port)"
        var measured: [(value: Double, reference: Double)] = []
        // Routing and what follows it stand still on both sides of a pair: the figure is intake's.
        try await stack.holding([stack.routing, stack.analytics] + stack.notifiers) {
            _ = try await post(to: intake, for: 2)
            for pair in 1...pairs {
                try await setting.store.emptyAdmission()
                let reference = try await transactions()
                try await setting.store.emptyAdmission()
                let value = try await setting.noteCores(of: "admission, pair \(pair)") {
                    try await acknowledged(at: intake)
                }
                setting.say("admission, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) reports/s")
                measured.append((value, reference))
            }
            try await setting.store.emptyAdmission()
        }
        let withOthers = try await setting.noteCores(of: "admission, everything running") {
            try await acknowledged(at: intake)
        }
        try await setting.store.reset()
        let throughDoor = try await acknowledged(at: stack.credentials.frontDoor.absoluteString)
        await setting.notes.add(
            "admission: pgbench writes one report a transaction as one statement; routing and the others stand still "
                + "on both sides. The two rows below it are with everything running.")
        return [
            Row("admission", measured, "reports/s", target: .ratioAtLeast(1.0)),
            Row("admission, everything running", withOthers, "reports/s"),
            Row("admission through the front door", throughDoor, "reports/s"),
        ]
    }

    /// Answers a second of intake's own port, on top of what the store holds.
    func rate(for seconds: Int) async throws -> Double {
        let before = try await setting.store.reportCount()
        let (answers, elapsed) = try await post(to: "http://127.0.0.1:\(setting.stack.intake.port)", for: seconds)
        let stored = try await setting.store.reportCount() - before
        guard stored >= answers else { throw BenchFailure("\(answers) reports acknowledged, but \(stored) stored") }
        return Double(answers) / elapsed
    }

    /// Only what was newly stored counts: wrk sees that no answer was refused, the store how many reports it holds.
    func acknowledged(at address: String, script: String = "admission.lua") async throws -> Double {
        let (answers, elapsed) = try await post(to: address, for: seconds, script: script)
        let stored = try await setting.store.reportCount()
        guard stored >= answers else { throw BenchFailure("\(answers) reports acknowledged, but \(stored) stored") }
        return Double(answers) / elapsed
    }

    /// Answers of status 201, and the time they took. None is a repeat, since no request has a key of its own.
    func post(
        to address: String, for seconds: Int, script: String = "admission.lua"
    ) async throws -> (answers: Int, elapsed: Double) {
        var wrk = Tool("wrk")
        wrk.environment["SASANDO_BENCH_KEY"] = setting.stack.credentials.integrator.apiKey
        let printed = try await wrk.run([
            "--connections", "\(Self.connections)", "--threads", "1", "--duration", "\(seconds)s", "--timeout", "10s",
            "--script", setting.scripts.appending(path: script).path, address,
        ])
        let refused = try printed.number(after: "refused =") + printed.number(after: "broken =")
        if refused > 0 {
            await setting.notes.add("admission: \(Int(refused)) requests to \(address) were refused or broke")
        }
        let answers = try printed.number(after: "answers =") - printed.number(after: "refused =")
        return (Int(answers), try printed.number(after: "seconds ="))
    }

    private func transactions() async throws -> Double {
        let printed = try await setting.pgbench().run([
            "--no-vacuum", "--protocol", "prepared", "--client", "\(Self.connections)", "--jobs", "1", "--time",
            "\(seconds)", "--file", setting.scripts.appending(path: "admission.sql").path, setting.stack.storeURL,
        ])
        return try printed.number(after: "tps =")
    }
}
