import Foundation
import Storage

/// Reports a second that one upload brings into the store, against COPY of the same rows into the same tables; and what
/// an upload of a million reports costs in memory.
struct BulkFigure {
    let setting: Setting

    private var reports: Int { setting.isQuick ? 5_000 : 100_000 }
    private var pairs: Int { setting.isQuick ? 1 : 3 }
    private var many: Int { setting.isQuick ? 50_000 : 1_000_000 }

    func measure() async throws -> [Row] {
        let stack = setting.stack
        let store = setting.store
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-bulk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await store.reset()
        let maker = try await ReportMaker(store: store)
        let before = stack.intake.residentMegabytes
        // Routing and what follows it stand still on both sides of a pair: the figure is intake's.
        let (measured, most) = try await stack.holding([stack.routing, stack.analytics] + stack.notifiers) {
            var measured: [(value: Double, reference: Double)] = []
            for pair in 1...pairs {
                let file = try write(reports, to: folder.appending(path: "pair"), from: pair * reports)
                try await store.emptyAdmission()
                let value = try await setting.noteCores(of: "bulk, pair \(pair)") {
                    try await upload(file, reports, folder)
                }
                let load = try (0..<reports / ReportBatch.size).map {
                    try maker.batch(from: $0 * ReportBatch.size, keyedByRecord: true)
                }
                try await store.emptyAdmission()
                let start = ContinuousClock.now
                try await store.copy(load)
                let reference = Double(reports) / (ContinuousClock.now - start).inSeconds
                setting.say("bulk, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) reports/s")
                measured.append((value, reference))
            }
            try await store.emptyAdmission()
            let file = try write(many, to: folder.appending(path: "many"), from: (pairs + 1) * reports)
            let most = try await watchingMemory { _ = try await upload(file, many, folder) }
            try await store.emptyAdmission()
            return (measured, most)
        }
        await setting.notes.add(
            "bulk: one upload of \(reports) lines to intake's own port, sent by curl and answered line by line; reference: "
                + "one connection, COPY of \(ReportBatch.size) rows a transaction. Memory: the most that intake had while "
                + "\(many) lines came, beyond what it had before the first upload.")
        return [
            Row("bulk, NDJSON", measured, "reports/s", target: .ratioAtLeast(0.35)),
            Row(
                "bulk memory, \(Table.text(Double(many))) lines", max(0, most - before), "MB more", target: .atMost(30)),
        ]
    }

    /// Lines of reports, each its own.
    private func write(_ count: Int, to file: URL, from first: Int) throws -> URL {
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        for start in stride(from: first, to: first + count, by: 10_000) {
            var lines = Data()
            for number in start..<min(start + 10_000, first + count) {
                lines.append(contentsOf: LoadReport.body(number: number, category: "sampah"))
                lines.append(UInt8(ascii: "\n"))
            }
            try handle.write(contentsOf: lines)
        }
        return file
    }

    /// Reports a second, from the first byte sent to the last line of the answer.
    private func upload(_ file: URL, _ count: Int, _ folder: URL) async throws -> Double {
        // The key stands in no argument list.
        let key = folder.appending(path: "key")
        try Data("Authorization: Bearer \(setting.stack.credentials.integrator.apiKey)".utf8).write(to: key)
        let answer = folder.appending(path: "answer")
        let printed = try await Tool("curl").run([
            "--silent", "--show-error", "--request", "POST", "--upload-file", file.path, "--header", "@\(key.path)",
            "--header", "Content-Type: application/x-ndjson", "--header", "Expect:", "--output", answer.path,
            "--write-out", "status = %{http_code}\nseconds = %{time_total}\n",
            "http://127.0.0.1:\(setting.stack.intake.port)/v1/reports/batch",
        ])
        let stored = try await setting.store.reportCount()
        guard try printed.number(after: "status =") == 200, stored == count else {
            let text = (try? String(contentsOf: answer, encoding: .utf8)) ?? ""
            throw BenchFailure("\(stored) of \(count) reports were stored: \(printed) \(text.prefix(400))")
        }
        return Double(count) / (try printed.number(after: "seconds ="))
    }

    /// The most memory that intake has in use while `body` runs, in MB.
    private func watchingMemory(_ body: @escaping @Sendable () async throws -> Void) async throws -> Double {
        let intake = setting.stack.intake
        return try await withThrowingTaskGroup(of: Double.self) { group in
            group.addTask {
                try await body()
                return 0
            }
            group.addTask {
                var most = intake.residentMegabytes
                while !Task.isCancelled {
                    // pause: between two looks at the memory
                    try? await Task.sleep(for: .milliseconds(50))
                    most = max(most, intake.residentMegabytes)
                }
                return most
            }
            _ = try await group.next()
            group.cancelAll()
            return try await group.next() ?? .nan
        }
    }
}
