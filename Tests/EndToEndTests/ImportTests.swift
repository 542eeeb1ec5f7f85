internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// `sasandoctl import`, as an operator runs it.
    @Suite("Import", .stack())
    struct ImportTests {
        let stack = RunningStack.current.stack

        private func write(_ text: String, _ name: String) throws -> String {
            let file = stack.home.appending(path: name)
            try Data(text.utf8).write(to: file)
            return file.path
        }

        private struct Printed {
            var status: CInt
            var text: String
        }

        private func begin(
            _ words: [String], _ environment: [String: String] = [:]
        ) throws -> (process: ChildProcess, output: String) {
            let output = stack.home.appending(path: "run/import-\(UUID().uuidString).out").path
            let words = [Stack.builtExecutables.appending(path: "sasandoctl").path, "import"] + words
            return (try ChildProcess(words, output: output, environment: environment), output)
        }

        private func run(_ words: [String], _ environment: [String: String] = [:]) async throws -> Printed {
            let (process, output) = try begin(words, environment)
            var status: CInt = -1
            try await wait(for: "the import to end", within: .seconds(120)) {
                guard let code = process.exitCode() else { return false }
                status = code
                return true
            }
            return Printed(status: status, text: try String(contentsOfFile: output, encoding: .utf8))
        }

        private func words(_ file: String, key: String? = nil) throws -> [String] {
            let keyFile = try write(key ?? stack.credentials.integratorKey, "key-\(UUID().uuidString)")
            return [file, "--to", stack.door.address, "--key-file", keyFile, "--json"]
        }

        private func run(_ file: String, key: String? = nil) async throws -> Printed {
            try await run(try words(file, key: key))
        }

        private func counts(_ printed: Printed) throws -> [String: Int] {
            let json = try JSONValue(parsing: Array(printed.text.utf8))
            return Dictionary(
                uniqueKeysWithValues: ["records", "stored", "repeated", "refused"].map {
                    ($0, Int(json[$0]?.number ?? -1))
                })
        }

        @Test("a file is stored whole, what is refused is listed by its number, and a second run stores nothing")
        func whole() async throws {
            var reports = (0..<2_500).map { BulkUpload.report("impor", $0) }
            reports[1_700] = ["description": "Di mana?"]
            // As some programs write it: with a mark of byte order.
            let file = try write("\u{FEFF}" + BulkUpload.ndjson(reports), "laporan.ndjson")
            let first = try await run(file)
            #expect(first.status == 0, "\(first)")
            #expect(try counts(first) == ["records": 2_500, "stored": 2_499, "repeated": 0, "refused": 1])
            let refused = try String(contentsOfFile: file + ".refused", encoding: .utf8).split(separator: "\n")
            #expect(refused.count == 1)
            let line = try JSONValue(parsing: Array((refused.first ?? "").utf8))
            #expect(line["line"]?.number == 1_701 && line["status"]?.number == 422, "\(refused)")
            let isLeft = FileManager.default.fileExists(atPath: file + ".import")
            #expect(!isLeft)
            let again = try counts(try await run(file))
            #expect(again == ["records": 2_500, "stored": 0, "repeated": 2_499, "refused": 1])
        }

        @Test("a run that was interrupted goes on where it was", .timeLimit(.minutes(3)))
        func resumed() async throws {
            let header = "external_id,category,description,area\r\n"
            let rows = (0..<30_000).map { "csv-\($0),sampah,\"Sampah, menumpuk \($0)\",53.71.04.1008\r\n" }
            let file = try write(header + rows.joined(), "laporan.csv")
            let (process, _) = try begin(try words(file))
            try await wait(for: "some pieces to be answered", within: .seconds(60)) {
                FileManager.default.fileExists(atPath: file + ".import")
            }
            process.send(SIGKILL)
            _ = process.wait()
            let state = try JSONValue(parsing: Array(try Data(contentsOf: URL(filePath: file + ".import"))))
            let before = Int(state["records"]?.number ?? 0)
            #expect(before > 0 && before < 30_000, "\(state.json)")
            let second = try await run(file)
            let found = try counts(second)
            #expect(found["records"] == 30_000 && found["refused"] == 0, "\(second)")
            #expect((found["stored"] ?? 0) + (found["repeated"] ?? 0) == 30_000)
            // What was answered before was not sent again: at most the piece that was under way is known already.
            #expect((found["repeated"] ?? 0) <= 1_000, "\(found)")
            let stored = try await RunningStack.current.pool.query(
                "SELECT count(*), count(DISTINCT external_id) FROM report WHERE external_id LIKE 'csv-%'"
            ).one()
            #expect(try stored.decode(Int64.self, at: 0) == 30_000 && stored.decode(Int64.self, at: 1) == 30_000)
        }

        @Test("a file's name is enough where the environment names the front door and the key")
        func alone() async throws {
            let file = try write(BulkUpload.ndjson([BulkUpload.report("sendiri", 1)]), "sendiri.ndjson")
            let printed = try await run(
                [file],
                ["SASANDO_PUBLIC_URL": stack.door.address, "SASANDO_API_KEY": stack.credentials.integratorKey])
            #expect(printed.status == 0 && printed.text.contains("1 records: 1 stored"), "\(printed)")
        }

        @Test("what is wrong as a whole is said, and stores nothing")
        func refusals() async throws {
            let columns = try await run(try write("description,warna\nx,y\n", "kolom.csv"))
            #expect(columns.status == 1 && columns.text.contains("warna"), "\(columns)")
            let one = try write(BulkUpload.ndjson([BulkUpload.report("kunci", 1)]), "satu.ndjson")
            let key = try await run(one, key: "sas_salah")
            #expect(key.status == 1 && key.text.contains("401") && !key.text.contains("sas_salah"), "\(key)")
            let keyFile = try write(stack.credentials.integratorKey, "key-plain")
            let plain = try await run([one, "--to", "http://192.0.2.7", "--key-file", keyFile])
            #expect(plain.status == 1 && plain.text.contains("https"), "\(plain)")
            #expect(try await run(stack.home.path + "/tidak-ada.csv").status == 1)
            #expect(try await run(try write("x", "apa.txt")).status == 64)
        }
    }
}
