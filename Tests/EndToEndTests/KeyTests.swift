internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// Keys that open less than everything.
    @Suite("Keys", .stack())
    struct KeyTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)

        /// A key of its own, and the door that it opens.
        private func key(_ options: String...) async throws -> (id: String, door: Door) {
            let (id, token) = try await made(options)
            return (id, stack.door.bearing(token))
        }

        private func made(
            _ options: [String], kind: String = "integrator"
        ) async throws -> (id: String, token: String) {
            let printed = try await stack.control(
                ["key", "create", "--kind", kind, "--jurisdiction", "kupang", "--json"] + options)
            let made = try JSONValue(parsing: Array(printed.utf8))
            return (made["id"]?.text ?? "", made["token"]?.text ?? "")
        }

        @Test("a scope opens its doors and no others")
        func scopes() async throws {
            let photos = try await key("--channel", "kamera", "--scope", "media", "--scope", "read")
            let refused = try await photos.door.post("/v1/reports", json: Sample.report())
            #expect(refused.status == 403 && refused["detail"]?.text?.contains("scope report") == true, "\(refused)")
            let reports = try await key("--channel", "kamera", "--scope", "report")
            #expect(try await reports.door.post("/v1/reports", json: Sample.report()).status == 201)
            #expect(try await reports.door.post("/v1/media", json: [:]).status == 403)
            let listed = try JSONValue(
                parsing: Array(try await stack.control("key", "list", "--jurisdiction", "kupang", "--json").utf8))
            let entry = listed.elements.first { $0["id"]?.text == photos.id }
            #expect(entry?["scopes"]?.elements.compactMap(\.text) == ["media", "read"], "\(listed.json)")
            #expect(entry?["legal_basis"]?.text == "consent")
        }

        @Test("personal data without consent need a key with another ground, and are kept under its name")
        func grounds() async throws {
            let named = Sample.report().setting("reporter", ["name": "Yuli", "phone": "0812-3456-7890"])
            let plain = try await key("--channel", "pusat_panggilan")
            let refused = try await plain.door.post("/v1/reports", json: named)
            #expect(refused.status == 422, "\(refused)")
            let official = try await key("--channel", "pusat_panggilan", "--legal-basis", "public_task")
            let taken = try await official.door.post("/v1/reports", json: named)
            #expect(taken.status == 201, "\(taken)")
            let kept = try await audit.count(
                "SELECT count(*) FROM reporter_identity WHERE consent_version = 'basis:public_task'")
            #expect(kept == 1)
        }

        @Test("what comes by a test key is answered as ever, and reaches nobody")
        func tests() async throws {
            let (_, door) = try await key("--channel", "coba", "--test")
            try await wait(for: "the inbox to drain", within: .seconds(20)) { try await audit.waiting == 0 }
            let before = try await stored()
            let report = Sample.report().setting("external_id", "coba-1").setting(
                "reporter", ["name": "Yuli", "consent": ["version": "1", "at": "2026-11-24T01:00:00Z"]])
            let sent = try await door.post("/v1/reports", json: report)
            #expect(sent.status == 201, "\(sent)")
            let again = try await door.post("/v1/reports", json: report)
            #expect(again.status == 200 && again["id"] == sent["id"], "\(again)")
            let other = try await door.post("/v1/reports", json: report.setting("description", "Lain sekali"))
            #expect(other.status == 422, "\(other)")
            #expect(try await door.post("/v1/reports", json: ["description": "x"]).status == 422)

            let (id, code) = (sent["id"]?.text ?? "", sent["tracking_code"]?.text ?? "")
            for name in [id, code] {
                let own = try await door.get("/v1/reports/\(name)")
                #expect(own.status == 200 && own["test"]?.flag == true && own["id"]?.text == id, "\(own)")
                #expect(own["area"]?["code"]?.text != nil, "\(own)")
                #expect(try await stack.door.get("/v1/reports/\(name)").status == 404)
                #expect(try await stack.integrator.get("/v1/reports/\(name)").status == 404)
            }
            // No table but its own, so no agency, list or count.
            #expect(try await stored() == before)
            #expect(try await audit.count("SELECT count(*) FROM test_report") == 1)
        }

        @Test("a test key reads what anyone may read, with the scope read and without")
        func testsRead() async throws {
            let all = try await key("--channel", "coba_baca", "--test")
            let sends = try await key("--channel", "coba_baca", "--test", "--scope", "report")
            let open = try await stack.integrator.post("/v1/reports", json: Sample.report())
            let hidden = try await stack.integrator.post(
                "/v1/reports", json: Sample.report().setting("visibility", "private"))
            let tried = try await sends.door.post("/v1/reports", json: Sample.report())
            for sent in [open, hidden, tried] { #expect(sent.status == 201, "\(sent)") }
            for (sent, isOwn) in [(open, false), (hidden, false), (tried, true)] {
                for name in [sent["id"]?.text ?? "", sent["tracking_code"]?.text ?? ""] {
                    let seen = try await stack.door.get("/v1/reports/\(name)")
                    let without = try await sends.door.get("/v1/reports/\(name)")
                    #expect(without.status == seen.status && without["id"] == seen["id"], "\(without)")
                    let with = try await all.door.get("/v1/reports/\(name)")
                    let expected = isOwn ? 200 : seen.status
                    #expect(with.status == expected && (with["test"]?.flag == true) == isOwn, "\(with)")
                }
            }
        }

        @Test("a rate holds at every door that its key opens, and nobody else waits")
        func rates() async throws {
            let sent = try await stack.integrator.post("/v1/reports", json: Sample.report())
            let report = "/v1/reports/\(sent["tracking_code"]?.text ?? "")"
            let city = stack.operatorDoor
            let reader = try await made(["--channel", "pembaca", "--rate", "6"])
            let limited = try await made(["--rate", "6"], kind: "operator")
            // Those of intake and of analytics; what one let pass, the other hears of only a moment later.
            let doors = [
                (reader.token, stack.integrator, report), (limited.token, city, report),
                (limited.token, city, "/v1/moderation"), (limited.token, city, "/moderasi"),
                (limited.token, city, "/v1/analytics/summary"), (limited.token, city, "/dashboard.csv"),
                (limited.token, city, "/pengumuman"),
            ]
            for (token, free, path) in doors {
                let door = stack.door.bearing(token)
                var answer = try await door.get(path)
                for _ in 0..<7 where answer.status != 429 { answer = try await door.get(path) }
                #expect(answer.status == 429, "\(answer)")
                #expect((1...60).contains(Int(answer.header("Retry-After") ?? "") ?? 0), "\(answer)")
                for _ in 0..<20 { #expect(try await free.get(path).status != 429, "\(path)") }
            }
            for _ in 0..<20 { #expect(try await stack.door.get(report).status == 200) }
        }

        @Test("Open311's endpoint for tests is for test keys, and shows what came by them to nobody else")
        func open311() async throws {
            let (_, token) = try await made(["--channel", "coba_open311", "--test"])
            let (test, production) = ("/open311/test/v2", "/open311/v2")
            let form = "api_key=\(token)&service_code=sampah&address_id=53.71.04.1008&description=Coba&phone=0812345678"
            #expect(try await stack.door.post(production + "/requests.json", form: form).status == 403)
            let live = form.replacingOccurrences(of: token, with: stack.credentials.integratorKey)
            #expect(try await stack.door.post(test + "/requests.json", form: live).status == 403)
            let before = try await stored()
            let sent = try await stack.door.post(test + "/requests.json", form: form)
            #expect(sent.status == 201, "\(sent)")
            let code = try #require(sent.json.elements.first?["service_request_id"]?.text)
            let shown = try await stack.door.get("\(test)/requests/\(code).json?api_key=\(token)")
            #expect(shown.json.elements.first?["status"] == "open", "\(shown)")
            let listed = try await stack.door.get("\(test)/requests.json?service_code=sampah&api_key=\(token)")
            #expect(listed.json.elements.map { $0["service_request_id"]?.text } == [code], "\(listed)")
            #expect(try await stack.door.get("\(test)/requests.json").json == .array([]))
            for path in ["\(test)/requests/\(code).json", "\(production)/requests/\(code).json"] {
                #expect(try await stack.door.get(path).status == 404, "\(path)")
            }
            let update = "api_key=\(token)&service_request_id=\(code)&update_id=7&description=Masih+ada"
            let told = try await stack.door.post(test + "/servicerequestupdates.json", form: update)
            #expect(told.status == 201, "\(told)")
            let again = try await stack.door.post(test + "/servicerequestupdates.json", form: update)
            #expect(again.json == told.json, "\(again)")
            let other = try await stack.door.post(test + "/servicerequestupdates.json", form: update + "+banyak")
            #expect(other.status == 400, "\(other)")
            let updates = try await stack.door.get("\(test)/servicerequestupdates.json?api_key=\(token)")
            #expect(updates.json.elements.map { $0["description"]?.text } == ["Masih ada"], "\(updates)")
            #expect(try await stored() == before)
        }

        @Test("Open311 keeps names only of a sender who needs no consent, and numbers of devices never")
        func open311Grounds() async throws {
            let (_, token) = try await made(["--channel", "camat", "--legal-basis", "public_task"])
            let form = "service_code=sampah&address_id=53.71.04.1008&description=Coba&first_name=Yuli&email=a@contoh.id"
            func identities() async throws -> Int64 {
                try await audit.count("SELECT count(*) FROM reporter_identity WHERE consent_version LIKE 'basis:%'")
            }
            let before = try await identities()
            for key in [stack.credentials.integratorKey, token] {
                let sent = try await stack.door.post("/open311/v2/requests.json", form: "api_key=\(key)&\(form)")
                #expect(sent.status == 201, "\(sent)")
                let notice = sent.json.elements.first?["service_notice"]?.text ?? ""
                #expect(notice.contains("tidak disimpan") == (key != token), "\(notice)")
            }
            #expect(try await identities() == before + 1)
        }

        private func stored() async throws -> Int64 {
            try await audit.count(
                """
                SELECT (SELECT count(*) FROM report) + (SELECT count(*) FROM inbox)
                    + (SELECT count(*) FROM stream_event) + (SELECT count(*) FROM reporter_identity)
                """)
        }

        @Test("a key that is revoked, or whose days are over, opens nothing within five seconds")
        func endings() async throws {
            let (id, door) = try await key("--channel", "singkat", "--days", "1")
            #expect(try await door.post("/v1/reports", json: Sample.report()).status == 201)
            try await stack.control("key", "revoke", id, "--jurisdiction", "kupang")
            try await wait(for: "the key to open nothing", within: .seconds(5)) {
                try await door.post("/v1/reports", json: Sample.report()).status == 401
            }
        }

        @Test("the streams that a key has open end within five seconds of it, and others' go on")
        func openStreams() async throws {
            let printed = try await stack.control(
                "key", "create", "--kind", "agency", "--agency", "dlhk", "--jurisdiction", "kupang", "--json")
            let agency = try JSONValue(parsing: Array(printed.utf8))
            let reader = try await key("--channel", "pembaca", "--scope", "read")
            let expiring = try await key("--channel", "pembaca", "--scope", "read", "--days", "1")
            let (agencies, channels) = ("/v1/agencies/dlhk/events", "/v1/channels/pembaca/events")
            let kept = StreamFollower("dlhk", stack.agency("dlhk"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await kept.run() }
                try await wait(for: "another to follow", within: .seconds(20)) { kept.isConnected }
                let streams = [
                    try await FollowedStream(stack.door.bearing(agency["token"]?.text ?? ""), agencies),
                    try await FollowedStream(reader.door, channels), try await FollowedStream(expiring.door, channels),
                ]
                try await stack.control("key", "revoke", agency["id"]?.text ?? "", "--jurisdiction", "kupang")
                try await stack.control("key", "revoke", reader.id, "--jurisdiction", "kupang")
                _ = try await RunningStack.current.pool.query(
                    "UPDATE api_key SET expires_at = now() WHERE id = \(expiring.id)")
                let ended = ContinuousClock.now
                for stream in streams {
                    #expect(try await stream.hasEnded(within: .seconds(5) - (ContinuousClock.now - ended)))
                }
                let last = kept.last
                #expect(try await stack.integrator.post("/v1/reports", json: Sample.report("sampah")).status == 201)
                try await wait(for: "the other to be told", within: .seconds(20)) { kept.last > last }
                group.cancelAll()
            }
            #expect(kept.seen.connections == 1 && kept.seen.faults == [], "\(kept.seen.faults)")
        }

        @Test("a flood under one key gets 429, and others are answered as fast as before")
        func flood() async throws {
            let limited = try await key("--channel", "banjir", "--rate", "60")
            let free = try await key("--channel", "tenang")
            func median() async throws -> Duration {
                var times: [Duration] = []
                for _ in 0..<25 {
                    let start = ContinuousClock.now
                    #expect(try await free.door.post("/v1/reports", json: Sample.report()).status == 201)
                    times.append(ContinuousClock.now - start)
                }
                return times.sorted()[times.count / 2]
            }
            let calm = try await median()
            let flooded = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var statuses: [Int] = []
                        while !Task.isCancelled, statuses.count < 2_000 {
                            // The last one is broken off.
                            guard let answer = try? await limited.door.post("/v1/reports", json: Sample.report())
                            else { break }
                            statuses.append(answer.status)
                        }
                        return statuses
                    }
                }
                let during = try await median()
                group.cancelAll()
                let statuses = try await group.reduce(into: [Int]()) { $0 += $1 }
                #expect(statuses.contains(429) && statuses.count { $0 == 201 } <= 20, "\(statuses.count)")
                return during
            }
            print("Keys: calm \(calm), during a flood \(flooded)")
            #expect(flooded < max(calm * 5, .milliseconds(250)))
        }
    }
}
