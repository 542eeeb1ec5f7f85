import Domain
import Foundation
import PostgreSQL
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Intake

/// People report in chats, and are told what becomes of it, through a provider that is not ours.
@Suite(.serialized, .freshDatabase(.city))
struct ChatTests {
    let fixture = Fixture.current

    /// Somebody whom no other test knows, whose number ends so.
    private func person(_ end: String = "1") -> String { "62811\(Int.random(in: 1_000_000...9_999_999))\(end)" }

    private static let place: JSONValue = ["latitude": -10.1481, "longitude": 123.6531]

    private func reports() async throws -> [ReportRow] {
        try await fixture.pool.query(
            """
            SELECT id, channel, category, description, landmark, tracking_code FROM report ORDER BY received_at
            """
        ).map { row in
            ReportRow(
                id: try row.decode(UUID.self, at: 0), channel: try row.decode(String.self, at: 1),
                category: try row.decode(String?.self, at: 2), description: try row.decode(String.self, at: 3),
                code: try row.decode(String.self, at: 5))
        }
    }

    private struct ReportRow {
        var id: UUID
        var channel: String
        var category: String?
        var description: String
        var code: String
    }

    // MARK: Who may call

    @Test func `a forged call is refused, and nothing of it is stored`() async throws {
        try await ChatStand.run(isAwake: false) { stand async throws in
            let body = ChatProviderServer.whatsapp(
                ["body": "Sampah"], type: "text", from: "62811", id: "wamid.1", at: 1_764_000_000)
            for headers in [
                [], [ChatStand.signature(body, "lain")], [ChatStand.signature(body + [0x20])],
                [("X-Hub-Signature-256", "sha256=")],
            ] { #expect(try await stand.post("/channels/whatsapp", body, headers: headers).0 == 403) }
            let update = ChatProviderServer.telegram(["text": "Sampah"], from: 7, update: 1, at: 1_764_000_000)
            for secret in ["", "lain", ChatProviderServer.telegramSecret + "x"] {
                let headers = secret.isEmpty ? [] : [("X-Telegram-Bot-Api-Secret-Token", secret)]
                #expect(try await stand.post("/channels/telegram", update, headers: headers).0 == 403)
            }
            // What is signed and no JSON, or too much.
            let broken = Array("{".utf8)
            #expect(try await stand.post("/channels/whatsapp", broken, headers: [ChatStand.signature(broken)]).0 == 400)
            let long = [UInt8](repeating: 0x20, count: ChannelRoutes.bodyLimit + 1)
            // The connection may end before all of it is sent, and the answer with it.
            let refused = try? await stand.post("/channels/whatsapp", long, headers: [ChatStand.signature(long)])
            #expect(refused == nil || refused?.0 == 413)
            #expect(try await stand.count("SELECT count(*) FROM chat_message") == 0)
            #expect(try await stand.count("SELECT count(*) FROM chat") == 0)
        }
    }

    @Test func `the webhook is set up by who knows the token`() async throws {
        try await ChatStand.run(isAwake: false) { stand async throws in
            let path = "/channels/whatsapp?hub.mode=subscribe&hub.challenge=4711&hub.verify_token="
            let good = try await stand.get(path + ChatProviderServer.verifyToken)
            #expect(good.0 == 200 && good.1 == "4711")
            #expect(try await stand.get(path + "lain").0 == 403)
            #expect(try await stand.get("/channels/whatsapp").0 == 403)
            #expect(
                try await stand.get(
                    "/channels/whatsapp?hub.mode=subscribe&hub.challenge=%3Cb%3E%20&hub.verify_token="
                        + ChatProviderServer.verifyToken
                ).0 == 403)
        }
    }

    @Test func `what is no message is answered and passed over`() async throws {
        try await ChatStand.run(isAwake: false) { stand async throws in
            let body = Array(#"{"entry":[{"changes":[{"field":"messages","value":{"statuses":[{}]}}]}]}"#.utf8)
            // However much of it there is: WhatsApp brings up to 3 MB at once.
            for body in [body, body + [UInt8](repeating: 0x20, count: 3 << 20)] {
                #expect(try await stand.post("/channels/whatsapp", body, headers: [ChatStand.signature(body)]).0 == 200)
            }
            #expect(try await stand.count("SELECT count(*) FROM chat_message") == 0)
        }
    }

    // MARK: Reporting

    @Test func `photo, place and words make one report across restarts, and no delivery counts twice`() async throws {
        let yuli = person()
        let provider = try await ChatStand.provider
        try provider.offer(Photographs.png(64, 48), as: "F\(yuli)")
        // Nobody looks at it yet: it waits in the store.
        try await ChatStand.run(isAwake: false) { stand async throws in
            for _ in 0..<3 {
                try await stand.say(["id": .string("F\(yuli)")], type: "image", from: yuli, id: "wamid.\(yuli)")
            }
            #expect(try await stand.count("SELECT count(*) FROM chat_message") == 1)
        }
        try await ChatStand.run { stand async throws in
            let first = try await stand.texts(1, to: yuli)[0]
            #expect(first.contains("tidak pernah ditunjukkan kepada dinas") && first.contains("Apa masalahnya?"))
            try await stand.rest()
        }
        try await ChatStand.run { stand async throws in
            try await stand.say(Self.place, type: "location", from: yuli)
            try await stand.texts(2, to: yuli)
            try await stand.rest()
        }
        try await ChatStand.run { stand async throws in
            try await stand.say(["body": "Tumpukan sampah di tepi jalan"], from: yuli, id: "wamid.akhir")
            let last = try await stand.texts(3, to: yuli)[2]
            let report = try #require(try await reports().first)
            #expect(last.contains(report.code) && last.contains("https://lapor.example.id/lacak/\(report.code)"))
            #expect(last.contains("https://lapor.example.id/k/") && !last.contains("tidak pernah ditunjukkan"))
            #expect(report.channel == "whatsapp" && report.category == "sampah")
            #expect(report.description == "Tumpukan sampah di tepi jalan")
            // Its photo follows once an agency has it.
            _ = try await fixture.routeAll()
            try await wait(for: "the photo", within: .seconds(30)) {
                try await stand.count("SELECT count(*) FROM report_media") == 1
            }
            try await stand.say(["body": "Tumpukan sampah di tepi jalan"], from: yuli, id: "wamid.akhir")
            #expect(try await reports().count == 1)
            try await expectNothingReadable(yuli, stand)
        }
    }

    /// Neither the number nor what was written stands in a chat's table as it was.
    private func expectNothingReadable(_ number: String, _ stand: ChatStand) async throws {
        for table in ["chat", "chat_message", "chat_report", "chat_outbox"] {
            let rows = try await stand.pool.query("SELECT to_jsonb(t)::text FROM \(identifier: table) t")
            for row in rows {
                let text = try row.decode(String.self, at: 0)
                #expect(!text.contains(number) && !text.contains("Tumpukan"), "\(table): \(text)")
                let hex = number.utf8.map { String($0, radix: 16) }.joined()
                #expect(!text.contains(hex), "\(table) in hexadecimal: \(text)")
            }
        }
    }

    @Test func `what is missing is asked for, and the report's state is told to who asks`() async throws {
        let yuli: Int64 = .random(in: 1_000_000_000...9_999_999_990) / 10 * 10 + 1
        try await ChatStand.run { stand async throws in
            try await stand.tell(["text": "Ada yang tidak beres"], from: yuli, update: yuli)
            let texts = try await stand.texts(1, to: "\(yuli)")
            #expect(texts[0].contains("Di mana tempatnya?"))
            let ask = try #require(stand.provider.sent(to: "\(yuli)").first?["body"])
            #expect(ask["reply_markup"]?["keyboard"] != nil, "\(ask.json)")
            try await stand.tell(["text": "Oesapa, depan pasar"], from: yuli, update: yuli + 1)
            #expect(try await stand.texts(2, to: "\(yuli)")[1].contains("2. parkir_liar"))
            try await stand.tell(["text": "2"], from: yuli, update: yuli + 2)
            #expect(try await stand.texts(3, to: "\(yuli)")[2].contains("Terima kasih"))
            let report = try #require(try await reports().first)
            #expect(report.channel == "telegram" && report.category == "parkir_liar")
            try await stand.tell(["text": .string("status \(report.code)")], from: yuli, update: yuli + 3)
            let status = try await stand.texts(4, to: "\(yuli)")[3]
            #expect(status.contains("\(report.code): Diterima") && !status.contains("tidak beres"))
            try await stand.tell(["text": "status KPG-0000000000-0"], from: yuli, update: yuli + 4)
            #expect(try await stand.texts(5, to: "\(yuli)")[4].contains("tidak kami temukan"))
        }
    }

    @Test func `a report that was stored as its process died is not stored again`() async throws {
        let yuli = person()
        try await ChatStand.run { stand async throws in
            try await stand.say(["body": "Sampah menumpuk"], from: yuli)
            try await stand.texts(1, to: yuli)
            try await stand.rest()
        }
        // The end of the first filing is lost: the chat stands again as it did before it.
        try await ChatStand.run(isAwake: false) { stand async throws in
            try await stand.say(Self.place, type: "location", from: yuli)
        }
        _ = try await fixture.pool.query("CREATE TABLE chat_before AS SELECT * FROM chat")
        _ = try await fixture.pool.query("CREATE TABLE message_before AS SELECT * FROM chat_message")
        try await ChatStand.run { stand async throws in
            try await stand.texts(2, to: yuli)
            try await stand.rest()
        }
        #expect(try await reports().count == 1)
        let filed = try await fixture.pool.query("SELECT idempotency_key FROM report").one()
            .decode(String.self, at: 0)
        #expect(filed.hasPrefix("k:"))
        _ = try await fixture.pool.query(
            """
            UPDATE chat c SET sealed = b.sealed, key_id = b.key_id, due_at = now(), lease_until = NULL
            FROM chat_before b WHERE b.sender = c.sender
            """)
        _ = try await fixture.pool.query(
            "UPDATE chat_message m SET sealed = b.sealed, key_id = b.key_id FROM message_before b WHERE b.id = m.id")
        _ = try await fixture.pool.query("DELETE FROM chat_report")
        try await ChatStand.run { stand async throws in
            let texts = try await stand.texts(3, to: yuli)
            #expect(texts[1] == texts[2])
        }
        #expect(try await reports().count == 1)
    }

    @Test func `a photo that is not to be had holds nothing up`() async throws {
        let yuli = person()
        try await ChatStand.run { stand async throws in
            try await stand.say(["id": "tidakada", "caption": "Sampah menumpuk"], type: "image", from: yuli)
            try await stand.texts(1, to: yuli)
            try await stand.say(Self.place, type: "location", from: yuli)
            try await stand.texts(2, to: yuli)
            #expect(try await reports().count == 1)
            #expect(try await stand.texts(3, to: yuli)[2].contains("Satu foto tidak berhasil"))
        }
    }

    // MARK: Telling

    private func resolve(_ report: UUID, by agency: AgencyCode = "dlhk") async throws {
        let events = EventMaker(TestCity.loaded)
        _ = try await CommandStore(pool: fixture.pool).perform(on: report, by: agency, in: TestCity.code, key: nil) {
            work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: CommandRequest(.start), by: .agency(agency), at: now, city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "")
        }
    }

    /// Reports something and has it routed; two messages are sent until then, and a third tells of it.
    private func report(_ words: String, from person: String, _ stand: ChatStand) async throws -> UUID {
        try await stand.say(["body": .string(words)], from: person)
        try await stand.texts(1, to: person)
        try await stand.say(Self.place, type: "location", from: person)
        try await stand.texts(2, to: person)
        _ = try await fixture.routeAll()
        return try #require(try await reports().last?.id)
    }

    @Test func `who reported is told of changes, until the chat says no more`() async throws {
        let yuli = person()
        try await ChatStand.run { stand async throws in
            let id = try await report("Sampah menumpuk", from: yuli, stand)
            #expect(try await stand.texts(3, to: yuli)[2].contains("sampah: Menunggu tanggapan"))
            try await resolve(id)
            #expect(try await stand.texts(4, to: yuli)[3].contains("sampah: Sedang dikerjakan"))
            try await stand.say(["body": "berhenti"], from: yuli)
            #expect(try await stand.texts(5, to: yuli)[4].contains("tidak dikabari lagi"))
            #expect(try await stand.count("SELECT count(*) FROM chat_report") == 0)
        }
    }

    @Test func `of what is private a chat says only that there is news`() async throws {
        let yuli = person()
        try await ChatStand.run { stand async throws in
            _ = try await report("orang_hilang sejak kemarin", from: yuli, stand)
            let news = try await stand.texts(3, to: yuli)[2]
            #expect(news.hasPrefix("Ada kabar tentang laporan Anda KPG-"), "\(news)")
            #expect(!news.contains("hilang") && !news.contains("Menunggu"))
        }
    }

    @Test func `a day after the last message news goes out by the city's template, or not at all`() async throws {
        var city = TestCity.city
        city.whatsappNews = ChatTemplate(name: "kabar_laporan", language: "id")
        _ = try await CityStore(pool: fixture.pool).load(city)
        let (yuli, ahead) = (person(), person("24"))
        try await ChatStand.run { stand async throws in
            let id = try await report("Sampah menumpuk", from: yuli, stand)
            try await stand.texts(3, to: yuli)
            _ = try await fixture.pool.query("UPDATE chat SET heard_at = now() - interval '25 hours'")
            try await resolve(id)
            #expect(try await stand.texts(4, to: yuli)[3] == "kabar_laporan")
            let sent = try #require(stand.provider.sent(to: yuli).last?["body"]?["template"])
            #expect(sent["components"]?.json.contains("Sedang dikerjakan") == true, "\(sent.json)")
            // The provider's own clock counts: an answer that it does not take any more is let go, news is not.
            try await stand.say(["body": "Sampah menumpuk"], from: ahead)
            try await stand.say(Self.place, type: "location", from: ahead)
            try await wait(for: "the second report", within: .seconds(20)) { try await reports().count == 2 }
            _ = try await fixture.routeAll()
            #expect(try await stand.texts(1, to: ahead)[0] == "kabar_laporan")
        }
    }

    @Test(arguments: ["503", "403"])
    func `a provider that fails is tried again, and who cannot be reached is let go`(end: String) async throws {
        let yuli = person(end)
        try await ChatStand.run { stand async throws in
            try await stand.say(["body": "Halo"], from: yuli)
            let outcome = end == "503" ? 200 : 400
            try await wait(for: "the last attempt", within: .seconds(40)) {
                stand.provider.sent(to: yuli).contains { $0["status"]?.number == Double(outcome) }
            }
            try await wait(for: "the outbox to be empty", within: .seconds(10)) {
                try await stand.count("SELECT count(*) FROM chat_outbox") == 0
            }
            #expect(stand.provider.sent(to: yuli).count == (end == "503" ? 3 : 1))
        }
    }
}
