internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// An integrator's own reports, by the integrator's own ids.
    @Suite("Channels' reports")
    struct ChannelReportTests {
        let stack = RunningStack.current.stack
        private let channel = "kanal_sendiri"

        /// A key of the channel's, and the door that it opens.
        private func key(_ options: String...) async throws -> Door {
            let named = options.contains("--channel") ? [] : ["--channel", channel]
            let printed = try await stack.control(
                ["key", "create", "--kind", "integrator", "--jurisdiction", "kupang", "--json"] + named + options)
            return stack.door.bearing(try JSONValue(parsing: Array(printed.utf8))["token"]?.text ?? "")
        }

        private func path(_ external: String, _ channel: String = "kanal_sendiri") -> String {
            "/v1/channels/\(channel)/reports/\(Markers().percentEncoded(external))"
        }

        /// The id of a report that was stored.
        @discardableResult
        private func send(_ external: String, by door: Door, _ report: JSONValue = Sample.report()) async throws
            -> String
        {
            let sent = try await door.with("Idempotency-Key", UUID().uuidString)
                .post("/v1/reports", json: report.setting("external_id", .string(external)))
            #expect(sent.status == 201, "\(sent)")
            return try #require(sent["id"]?.text)
        }

        private func awaitRouting(_ id: String, to agency: String = "dlhk") async throws {
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency(agency).get("/v1/agencies/\(agency)/reports/\(id)").status == 200
            }
        }

        @Test func `an id with anything in it finds its report, by a key that is not for trying and by one that is`()
            async throws
        {
            let (live, test) = (try await key(), try await key("--test"))
            let long = String(repeating: "ä", count: 200)
            for external in ["A-1", "a/b c", "../v1/ä?#%2F", "火\u{301}+&", "x//y", "withdraw", "..", long] {
                let id = try await send(external, by: live)
                let found = try await live.get(path(external))
                #expect(found.status == 200 && found["id"]?.text == id, "\(external): \(found)")
                #expect(found["external_id"]?.text == external && found["test"] == nil, "\(found)")
                #expect(try await test.get(path(external)).status == 404)
                let tried = try await send(external, by: test)
                let shown = try await test.get(path(external))
                #expect(shown.status == 200 && shown["id"]?.text == tried && shown["test"]?.flag == true, "\(shown)")
                #expect(shown["external_id"]?.text == external, "\(shown)")
                #expect(try await live.get(path(external))["id"]?.text == id)
            }
            for unknown in ["tidak-ada", "", "%20", "%00", String(repeating: "x", count: 201)] {
                let answer = try await live.get("/v1/channels/\(channel)/reports/\(unknown)")
                #expect(answer.status == 404, "\(unknown): \(answer)")
                #expect(answer.header("Content-Type") == "application/problem+json", "\(answer)")
            }
        }

        @Test func `the newest of several, with a tag that is its own`() async throws {
            let live = try await key()
            let first = try await send("dua", by: live)
            try await awaitRouting(first)
            let shown = try await live.get(path("dua"))
            let tag = try #require(shown.header("ETag"))
            let same = try await live.with("If-None-Match", tag).get(path("dua"))
            #expect(same.status == 304 && same.bytes.isEmpty && same.header("ETag") == tag, "\(same)")
            let second = try await send("dua", by: live)
            try await awaitRouting(second)
            let newest = try await live.with("If-None-Match", tag).get(path("dua"))
            #expect(newest.status == 200 && newest["id"]?.text == second, "\(newest)")
            #expect(newest["version"] == shown["version"] && newest.header("ETag") != tag)
        }

        @Test func `a key opens its own channel, by its scopes, as often as it may`() async throws {
            try await send("milik", by: key())
            try await send("milik", by: key("--channel", "kanal_lain"))
            let own = path("milik")
            #expect(try await stack.door.get(own).status == 401)
            #expect(try await stack.door.bearing("sas_salah").get(own).status == 401)
            #expect(try await stack.door.post(own + "/withdraw", json: [:]).status == 401)
            let city = stack.door.bearing(stack.credentials.operatorToken)
            let others = try await key("--channel", "kanal_lain")
            let (reader, writer) = (try await key("--scope", "read"), try await key("--scope", "withdraw"))
            for (door, isRead) in [(city, false), (stack.agency("dlhk"), false), (others, false), (reader, true)] {
                #expect(try await door.get(own).status == (isRead ? 200 : 403))
                #expect(try await door.post(own + "/withdraw", json: [:]).status == 403)
            }
            let refused = try await writer.get(own)
            #expect(refused.status == 403 && refused["detail"]?.text?.contains("scope read") == true, "\(refused)")
            #expect(try await writer.post(path("tidak-ada") + "/withdraw", json: [:]).status == 404)
            let slow = try await key("--rate", "1")
            let answers = [try await slow.get(own), try await slow.get(own), try await slow.get(own)]
            let late = try #require(answers.first { $0.status == 429 }, "\(answers)")
            #expect(late.header("Retry-After") != nil)
        }

        @Test func `what is private or hidden is its channel's to see, and never who reported it or what is internal`()
            async throws
        {
            let live = try await key()
            let person: JSONValue = [
                "name": "Zebulon Wrixtquay", "phone": "+62 811 7075 4319",
                "consent": ["version": "1", "at": "2026-01-01T00:00:00Z"],
            ]
            let id = try await send("rahasia", by: live, Sample.report("orang_hilang").setting("reporter", person))
            try await awaitRouting(id, to: "dinsos")
            let noted: JSONValue = ["note": "Kami cari", "internal_note": "Snorquibble", "actor": "Plimforgat"]
            let held = try await stack.agency("dinsos").post(
                "/v1/agencies/dinsos/reports/\(id)/acknowledge", json: noted)
            #expect(held.status == 200, "\(held)")
            #expect(try await live.get("/v1/reports/\(id)").status == 404)
            let shown = try await live.get(path("rahasia"))
            #expect(shown.status == 200 && shown["visibility"] == "private", "\(shown)")
            #expect(shown["status"] == "acknowledged" && shown["agency"]?["code"] == "dinsos")
            #expect(shown["deadlines"]?["resolve_by"]?.text != nil && shown["area"]?["code"]?.text != nil)
            #expect(shown.text.contains("Kami cari"))
            for word in ["Zebulon", "7075", "Snorquibble", "Plimforgat", "reporter_key", "identity", "actor"] {
                #expect(!shown.text.contains(word), "\(word): \(shown)")
            }
            let open = try await send("tersembunyi", by: live)
            let hidden = try await stack.door.bearing(stack.credentials.operatorToken).post(
                "/v1/moderation/\(open)/hide", json: ["reason": "Coba"])
            #expect(hidden.status == 200, "\(hidden)")
            #expect(try await stack.door.get("/v1/reports/\(open)").status == 404)
            let own = try await live.get(path("tersembunyi"))
            #expect(own.status == 200 && own["hidden"]?.flag == true, "\(own)")
        }

        @Test func `a channel withdraws what it sent, once, and a retry is answered the same`() async throws {
            let live = try await key()
            let id = try await send("tarik/1", by: live)
            try await awaitRouting(id)
            let keyed = live.with("Idempotency-Key", UUID().uuidString)
            let body: JSONValue = ["note": "Sudah kami bersihkan sendiri"]
            let withdrawn = try await keyed.post(path("tarik/1") + "/withdraw", json: body)
            #expect(withdrawn.status == 200 && withdrawn["id"]?.text == id, "\(withdrawn)")
            #expect(withdrawn["status"] == "withdrawn" && withdrawn["colour"] == "grey")
            #expect(withdrawn.header("ETag") == "\"2\"" && withdrawn["version"] == 2)
            let agency = try await stack.agency("dlhk").get("/v1/agencies/dlhk/reports/\(id)")
            #expect(agency["status"] == "withdrawn" && agency.text.contains("bersihkan sendiri"), "\(agency)")
            #expect(try await live.get(path("tarik/1"))["status"] == "withdrawn")
            let twice = try await live.post(path("tarik/1") + "/withdraw", json: body)
            #expect(twice.status == 409 && twice["code"] == "wrong_status", "\(twice)")

            // The retry means the report that it was for, though a newer one has its external id by now.
            let newer = try await send("tarik/1", by: live)
            try await awaitRouting(newer)
            let again = try await keyed.post(path("tarik/1") + "/withdraw", json: body)
            #expect(again.bytes == withdrawn.bytes && again.header("Idempotency-Replayed") == "true", "\(again)")
            #expect(try await live.get(path("tarik/1"))["status"] == "assigned")
            let other = try await keyed.post(path("tarik/1") + "/withdraw", json: ["note": "Lain"])
            #expect(other.status == 422, "\(other)")
            let empty = try await live.send("POST", path("tarik/1") + "/withdraw")
            #expect(empty.status == 200 && empty["id"]?.text == newer, "\(empty)")
        }

        @Test func `what is done cannot be withdrawn, nor what came by a test key, nor what was erased`() async throws {
            let (live, test) = (try await key(), try await key("--test"))
            let id = try await send("selesai", by: live)
            try await awaitRouting(id)
            for command in ["acknowledge", "resolve"] {
                let answer = try await stack.agency("dlhk").post(
                    "/v1/agencies/dlhk/reports/\(id)/\(command)", json: ["note": "Beres"])
                #expect(answer.status == 200, "\(answer)")
            }
            let late = try await live.post(path("selesai") + "/withdraw", json: [:])
            #expect(late.status == 409 && late["report_status"] == "resolved", "\(late)")
            let faulty = try await live.post(path("selesai") + "/withdraw", json: ["note": 7])
            #expect(faulty.status == 422 && faulty.faults == ["/note not_a_string"], "\(faulty)")

            #expect(try await test.post(path("selesai") + "/withdraw", json: [:]).status == 404)
            try await send("selesai", by: test)
            let tried = try await test.post(path("selesai") + "/withdraw", json: [:])
            #expect(tried.status == 409 && tried["detail"]?.text?.contains("test key") == true, "\(tried)")

            let receipt = try await live.post(
                "/v1/reports", json: Sample.report().setting("external_id", "hapus-1"))
            try await awaitRouting(try #require(receipt["id"]?.text))
            let reporter = stack.door.bearing(try #require(receipt["reporter_key"]?.text))
            let erased = try await reporter.post("/v1/reports/\(receipt["id"]?.text ?? "")/erase", json: [:])
            #expect(erased.status == 200, "\(erased)")
            #expect(try await live.get(path("hapus-1")).status == 404)
            #expect(try await live.post(path("hapus-1") + "/withdraw", json: [:]).status == 404)
        }
    }
}
