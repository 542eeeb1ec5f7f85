internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    @Suite("Retries")
    struct RetryTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)

        private func reports(under key: String) async throws -> Int64 {
            try await audit.reports(under: key)
        }

        @Test("the same key and report give the same receipt, however the JSON is written")
        func replay() async throws {
            let door = stack.integrator.with("Idempotency-Key", "replay-1")
            let first = try await door.post("/v1/reports", json: Sample.report())
            #expect(first.status == 201 && first.header("Idempotency-Replayed") == nil, "\(first)")
            let spelled =
                "  {\"unknown\": 1, \"location\": {\"lon\": 123.607000, \"lat\": -1.01583e1},\n \"category\":\"s\\u0061mpah\", \"description\": \"Sampah menumpuk di pinggir jalan\"}"
            for body in [Sample.report().json, spelled] {
                let again = try await door.send(
                    "POST", "/v1/reports", type: "application/json", body: Array(body.utf8))
                #expect(again.status == 200 && again.header("Idempotency-Replayed") == "true", "\(again)")
                #expect(again.bytes == first.bytes)
            }
            #expect(try await reports(under: "k:replay-1") == 1)
        }

        @Test("a quoted key is the same key")
        func quoted() async throws {
            let first = try await stack.integrator.with("Idempotency-Key", "\"quoted-1\"")
                .post("/v1/reports", json: Sample.report())
            let again = try await stack.integrator.with("Idempotency-Key", "quoted-1")
                .post("/v1/reports", json: Sample.report())
            #expect(first.status == 201 && again.status == 200 && first["id"] == again["id"], "\(first) \(again)")
        }

        @Test("the same key with another report is 422, and the first stays")
        func reused() async throws {
            let door = stack.integrator.with("Idempotency-Key", "reused-1")
            let first = try await door.post("/v1/reports", json: Sample.report())
            let other = try await door.post("/v1/reports", json: Sample.report("parkir_liar"))
            #expect(first.status == 201 && other.status == 422, "\(other)")
            #expect(other.faults == [" idempotency_key_reused"], "\(other)")
            #expect(try await reports(under: "k:reused-1") == 1)
        }

        @Test("without a key the external id is the key; a citizen's external id is one where it is a UUID")
        func externalID() async throws {
            let body = Sample.report().setting("external_id", "tiket-77")
            let first = try await stack.integrator.post("/v1/reports", json: body)
            let again = try await stack.integrator.post("/v1/reports", json: body)
            #expect(first.status == 201 && again.status == 200 && first["id"] == again["id"], "\(again)")
            let other = try await stack.integrator.post("/v1/reports", json: body.setting("category", "parkir_liar"))
            #expect(other.status == 422, "\(other)")
            let citizens = try await [
                stack.door.post("/v1/reports", json: body), stack.door.post("/v1/reports", json: body),
            ]
            #expect(citizens.map(\.status) == [201, 201] && citizens[0]["id"] != citizens[1]["id"])
            let own = UUID().text
            let unique = Sample.report().setting("external_id", .string(own.uppercased()))
            let sent = try await stack.door.post("/v1/reports", json: unique)
            let repeated = try await stack.door.post("/v1/reports", json: unique)
            #expect([sent.status, repeated.status] == [201, 200] && sent["id"] == repeated["id"], "\(repeated)")
            #expect(try await reports(under: "x:\(own)") == 1)
            let changed = try await stack.door.post("/v1/reports", json: unique.setting("category", "parkir_liar"))
            #expect(changed.status == 422, "\(changed)")
        }

        @Test("a retry is answered though the report would be too old by now, but another report under its key is not")
        func outlived() async throws {
            let oldest = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
                .adding(seconds: -AdmissionRules.maximumAgeDays * 86_400 + 3)
            let body = Sample.report().setting("observed_at", .string(oldest.rfc3339(offsetSeconds: 0)))
            let door = stack.integrator.with("Idempotency-Key", "outlived-1")
            let first = try await door.post("/v1/reports", json: body)
            #expect(first.status == 201, "\(first)")
            // pause: until the time that the report names is too long ago
            try await Task.sleep(for: .seconds(4))
            let again = try await door.post("/v1/reports", json: body)
            #expect(again.status == 200 && again.header("Idempotency-Replayed") == "true", "\(again)")
            #expect(again.bytes == first.bytes)
            let other = try await door.post("/v1/reports", json: body.setting("category", "parkir_liar"))
            #expect(other.status == 422 && other.faults == ["/observed_at time_too_old"], "\(other)")
            let unkeyed = try await stack.integrator.post("/v1/reports", json: body)
            #expect(unkeyed.status == 422, "\(unkeyed)")
        }

        @Test("without key and external id every report is a new one")
        func noKey() async throws {
            let first = try await stack.integrator.post("/v1/reports", json: Sample.report())
            let second = try await stack.integrator.post("/v1/reports", json: Sample.report())
            #expect([first.status, second.status] == [201, 201] && first["id"] != second["id"])
        }

        @Test("a key belongs to a channel: a citizen with the same key has a report of his own")
        func channels() async throws {
            let key = UUID().text
            let ours = try await stack.integrator.with("Idempotency-Key", key).post(
                "/v1/reports", json: Sample.report())
            let theirs = try await stack.door.with("Idempotency-Key", key).post("/v1/reports", json: Sample.report())
            #expect([ours.status, theirs.status] == [201, 201] && ours["id"] != theirs["id"], "\(theirs)")
        }

        @Test("forty at once under one key make one report, and all get its receipt")
        func concurrent() async throws {
            for round in 0..<5 {
                let door = stack.integrator.with("Idempotency-Key", "concurrent-\(round)")
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    for _ in 0..<40 { group.addTask { try await door.post("/v1/reports", json: Sample.report()) } }
                    return try await group.reduce(into: [Answer]()) { $0.append($1) }
                }
                #expect(answers.count { $0.status == 201 } <= 1, "two were told that theirs is the first")
                let odd = answers.filter { ![200, 201, 409].contains($0.status) }
                #expect(odd.isEmpty, "\(odd)")
                let ids = Set(answers.filter { $0.status < 300 }.compactMap { $0["id"]?.text })
                #expect(ids.count == 1, "\(ids)")
                #expect(try await reports(under: "k:concurrent-\(round)") == 1)
            }
        }

        @Test("of forty different reports at once under one key, one is stored and the others are 422")
        func contested() async throws {
            let door = stack.integrator.with("Idempotency-Key", "contested-1")
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for n in 0..<40 {
                    group.addTask { try await door.post("/v1/reports", json: Sample.report("sampah", "Laporan \(n)")) }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 201 } == 1)
            #expect(answers.allSatisfy { [201, 409, 422].contains($0.status) }, "\(answers.map(\.status))")
            #expect(try await reports(under: "k:contested-1") == 1)
        }

        @Test("a command's retry does nothing twice; its key with another command is 422; a stale version is 412")
        func commands() async throws {
            let report = try await stack.integrator.post("/v1/reports", json: Sample.report())
            let path = "/v1/agencies/dlhk/reports/\(report["id"]?.text ?? "")"
            let door = stack.agency("dlhk")
            try await wait(for: "the report to be routed", within: .seconds(10)) {
                try await door.get(path).status == 200
            }
            let key = door.with("Idempotency-Key", "perintah-1")
            let first = try await key.post(path + "/acknowledge", json: ["note": "diterima"])
            let again = try await key.post(path + "/acknowledge", json: ["note": "diterima"])
            #expect(first.status == 200 && again.status == 200 && first.bytes == again.bytes, "\(again)")
            #expect(again.header("Idempotency-Replayed") == "true" && again.header("ETag") == "\"2\"")
            let other = try await key.post(path + "/start", json: [:])
            #expect(other.status == 422, "\(other)")
            let stale = try await door.with("If-Match", "\"1\"").post(path + "/start", json: [:])
            #expect(stale.status == 412 && stale.header("ETag") == "\"2\"", "\(stale)")
            let wrong = try await door.post(path + "/resume", json: [:])
            #expect(wrong.status == 409 && wrong["code"]?.text == "wrong_status", "\(wrong)")
            #expect(try await door.get(path)["version"]?.number == 2)
        }

        @Test("of ten officers who acknowledge at once, one does")
        func officers() async throws {
            let report = try await stack.integrator.post("/v1/reports", json: Sample.report())
            let path = "/v1/agencies/dlhk/reports/\(report["id"]?.text ?? "")"
            let door = stack.agency("dlhk")
            try await wait(for: "the report to be routed", within: .seconds(10)) {
                try await door.get(path).status == 200
            }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await door.with("If-Match", "\"1\"").post(path + "/acknowledge", json: [:]).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 9))
        }
    }
}
