internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    @Suite("Bulk")
    struct BulkTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)

        private func stored(_ description: String) async throws -> Int64 {
            try await audit.count("SELECT count(*) FROM report WHERE description = \(description)")
        }

        @Test("each line is answered in its place, and a broken one stops no other")
        func mixed() async throws {
            let text = "Unggahan campuran"
            let good = Sample.report("sampah", text)
            let body = [
                good.setting("external_id", "campur-1").json, "", "{\"description\":",
                good.setting("location", nil).json,
                "[1]", String(repeating: "x", count: 70_000), "  ", good.json, good.json,
                good.setting("external_id", "campur-1").json,
                good.setting("external_id", "campur-1").setting("rt", "001").json,
                good.setting("media", [.string(UUID().text)]).json, good.setting("rt", "002").json,
            ].joined(separator: "\n")
            let answer = try await BulkUpload.send(body, to: stack.integrator)
            #expect(answer.status == 200 && answer.header("Content-Type") == "application/x-ndjson", "\(answer)")
            let lines = try BulkUpload.lines(of: answer)
            #expect(lines.map(\.number) == Array(1...11))
            #expect(lines.map(\.status) == [201, 400, 422, 422, 413, 201, 200, 200, 422, 422, 201], "\(answer.text)")
            #expect(lines[0].id == lines[7].id && lines[5].id == lines[6].id && lines[0].id != lines[5].id)
            #expect(
                [1, 2, 3, 4, 8, 9].map { lines[$0].faults } == [
                    [" unreadable"], [" no_place"], [" not_an_object"], [" too_long"], [" idempotency_key_reused"],
                    ["/media/0 unknown_media"],
                ])
            #expect(try await stored(text) == 3)
            // The same upload again stores nothing.
            let again = try BulkUpload.lines(of: try await BulkUpload.send(body, to: stack.integrator))
            #expect(again.map(\.status) == [200, 400, 422, 422, 413, 200, 200, 200, 422, 422, 200])
            #expect(again.map(\.id) == lines.map(\.id))
            #expect(try await stored(text) == 3)
        }

        @Test("a record without an external id is the same report for a day, and another one after it")
        func recordKey() async throws {
            let text = "Catatan harian dari sensor"
            let body = BulkUpload.ndjson([Sample.report("sampah", text)])
            func send() async throws -> BulkUpload.Line {
                try #require(try BulkUpload.lines(of: try await BulkUpload.send(body, to: stack.integrator)).first)
            }
            let first = try await send()
            #expect(try await send().status == 200)
            for number in 2...4 as ClosedRange<Int64> {
                _ = try await RunningStack.current.pool.query(
                    "UPDATE report SET received_at = now() - interval '25 hours' WHERE description = \(text)")
                let next = try await send()
                let again = try await send()
                #expect(next.status == 201 && next.id != first.id)
                #expect(again.status == 200 && again.id == next.id)
                #expect(try await stored(text) == number)
            }
        }

        @Test("rows of CSV are reports as JSON objects are; unknown columns are refused before anything is stored")
        func csv() async throws {
            let text = "Baris pertama\nbaris “kedua”, dengan koma"
            let body =
                "category,description,location.lat,location.lon,external_id,reporter.name,reporter.consent.version\r\n"
                + "sampah,\"\(text)\",-10.1583,123.6070,csv-1,,\r\n" + "sampah,\"\(text)\",-10.1583,utara,csv-2,,\r\n"
                + "\r\nsampah,kurang\r\n" + "sampah,a\"b,-10.1583,123.6070,csv-3,,\r\n"
                + "sampah,\"\(text)\",-10.1583,123.6070,csv-4,Ani,\r\n" + "sampah,\"\(text)\",-10.1583,123.6070,csv-5,,"
            let lines = try BulkUpload.lines(
                of: try await BulkUpload.send(body, type: "text/csv; charset=utf-8", to: stack.integrator))
            #expect(lines.map(\.status) == [201, 422, 400, 400, 422, 201])
            #expect(lines[1].faults == ["/location/lon not_a_number"])
            #expect(lines[4].faults == ["/reporter/consent consent_required"])
            #expect(try await stored(text) == 2)
            // The same report as JSON is the same report.
            let json = Sample.report("sampah", text).setting("external_id", "csv-1")
            let same = try await stack.integrator.post("/v1/reports", json: json)
            #expect(same.status == 200 && same["id"]?.text == lines[0].id, "\(same)")

            let unknown = try await BulkUpload.send(
                "description,lat\n\(text),1\n", type: "text/csv", to: stack.integrator)
            #expect(unknown.status == 422 && unknown.faults == ["/lat unknown_column"], "\(unknown)")
            #expect(try await BulkUpload.send("", type: "text/csv", to: stack.integrator).status == 400)
            #expect(try await BulkUpload.send("", to: stack.integrator).bytes.isEmpty)
            #expect(try await stored(text) == 2)
        }

        @Test("only an integrator's key opens it, and only for what it can read")
        func access() async throws {
            let body = BulkUpload.ndjson([Sample.report()])
            #expect(try await BulkUpload.send(body, to: stack.door).status == 401)
            #expect(try await BulkUpload.send(body, to: stack.agency("dlhk")).status == 403)
            #expect(try await BulkUpload.send(body, to: stack.operatorDoor).status == 403)
            for type in ["application/json", "text/plain", "application/x-ndjson+gzip"] {
                let answer = try await BulkUpload.send(body, type: type, to: stack.integrator)
                #expect(answer.status == 415 && answer.header("Accept")?.contains("text/csv") == true, "\(answer)")
            }
            #expect(try await stack.integrator.get(BulkUpload.path).status == 405)
        }

        @Test("an answer beyond 1 MiB comes whole and in order")
        func longAnswer() async throws {
            let count = 12_000
            let answer = try await BulkUpload.send(String(repeating: "{}\n", count: count), to: stack.integrator)
            #expect(answer.status == 200 && answer.bytes.count > 2 << 20, "\(answer.bytes.count)")
            #expect(answer.header("Content-Length") == "\(answer.bytes.count)")
            let lines = try BulkUpload.lines(of: answer)
            #expect(lines.map(\.number) == Array(1...count))
            #expect(lines.allSatisfy { $0.status == 422 })
        }

        @Test("an upload that breaks off leaves nothing of a row that was not whole", arguments: [true, false])
        func brokenOff(isChunked: Bool) async throws {
            let text = "Terputus \(isChunked)"
            let head = "description,area\n"
            let whole = "\(text),53.71.04.1008\n"
            let part = "\(text) sebagian,53.71.04.1008"
            let (host, port) = try RawSocket.place(of: await stack.address(of: Stack.intake) ?? "")
            let socket = try RawSocket.connect(host, port)
            let body = head + whole + part
            let length = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 100000"
            let framed = isChunked ? "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n" : body
            RawSocket.write(
                socket,
                Array(
                    ("POST \(BulkUpload.path) HTTP/1.1\r\nHost: \(host)\r\nContent-Type: text/csv\r\n\(length)\r\n"
                        + "Authorization: Bearer \(stack.credentials.integratorKey)\r\n\r\n\(framed)").utf8))
            try await wait(for: "the whole row to be stored", within: .seconds(10)) { try await stored(text) == 1 }
            RawSocket.reset(socket)
            // What intake makes of the end is over long before it has taken another upload.
            let after = try await BulkUpload.send(
                head + "\(text) lagi,53.71.04.1008\n", type: "text/csv", to: stack.integrator)
            #expect(try BulkUpload.lines(of: after).map(\.status) == [201])
            #expect(try await stored("\(text) sebagian") == 0)
        }

        @Test("a key's own rate slows an upload, and refuses no line of it")
        func rate() async throws {
            let made = try await stack.control(
                "key", "create", "--kind", "integrator", "--channel", "lambat", "--rate", "600", "--json")
            let document = try JSONValue(parsing: Array(made.utf8))
            let token = try #require(document["token"]?.text, "\(made)")
            let reports = (0..<130).map { BulkUpload.report("lambat", $0) }
            let begun = ContinuousClock.now
            let answer = try await BulkUpload.send(BulkUpload.ndjson(reports), to: stack.door.bearing(token))
            #expect(try BulkUpload.lines(of: answer).allSatisfy { $0.status == 201 }, "\(answer)")
            // 100 at once, then 10 a second.
            #expect(ContinuousClock.now - begun >= .milliseconds(2_500))
        }
    }
}
