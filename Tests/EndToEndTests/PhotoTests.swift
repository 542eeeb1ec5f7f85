internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// Photos, from the door to the agency and back, and who may not see them.
    @Suite("Photos")
    struct PhotoTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool

        struct Sent {
            var id: String
            var code: String
            var reporter: Door
            var path: String { "/v1/reports/\(id)" }
        }

        private func send(_ category: String, to agency: String) async throws -> Sent {
            let body = Sample.report(category).setting("external_id", nil)
            let receipt = try await stack.door.with("Idempotency-Key", UUID().uuidString)
                .post("/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            let id = try #require(receipt["id"]?.text)
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency(agency).get("/v1/agencies/\(agency)/reports/\(id)").status == 200
            }
            return Sent(
                id: id, code: try #require(receipt["tracking_code"]?.text),
                reporter: stack.door.bearing(try #require(receipt["reporter_key"]?.text)))
        }

        private func upload(_ photo: [UInt8], by door: Door) async throws -> Answer {
            let form = MultipartForm(files: [("file", photo)])
            return try await door.send("POST", "/v1/media", type: form.type, body: form.bytes)
        }

        private func uploaded(_ photo: [UInt8], by door: Door) async throws -> String {
            let answer = try await upload(photo, by: door)
            #expect(answer.status == 201, "\(answer)")
            return try #require(answer["id"]?.text)
        }

        /// The last event of a report on an agency's stream.
        private func event(_ type: String, of id: String, at agency: String) async throws -> JSONValue {
            let body = try await pool.query(
                """
                SELECT body FROM stream_event WHERE stream = \(agency) AND type = \(type) AND report_id = \(id)::uuid
                ORDER BY seq DESC LIMIT 1
                """
            ).one().decode(String.self, at: 0)
            return try JSONValue(parsing: Array(body.utf8))
        }

        @Test func `a photo that follows its report reaches the agency, its desk and the tracking page`() async throws {
            let sent = try await send("sampah", to: "dlhk")
            let id = try await uploaded(Photographs.withMetadata(Photographs.jpeg), by: sent.reporter)
            let keyed = sent.reporter.with("Idempotency-Key", UUID().uuidString)
            let body: JSONValue = ["media": .array([.string(id)])]
            let given = try await keyed.post(sent.path + "/media", json: body)
            #expect(given.status == 200 && given["version"] == 2, "\(given)")
            #expect(try await keyed.post(sent.path + "/media", json: body).bytes == given.bytes)
            let twice = try await sent.reporter.post(sent.path + "/media", json: body)
            #expect(twice.status == 422 && twice.faults == ["/media unknown_media"], "\(twice)")

            let url = "/media/\(sent.id)/1/web"
            let event = try await event("commented", of: sent.id, at: "dlhk")
            #expect(event["data"]?["media"]?.elements.compactMap { $0["url"]?.text } == [url])
            #expect(event["data"]?["media"]?.elements.first?["content_type"] == "image/jpeg")
            let work = try await stack.agency("dlhk").get("/v1/agencies/dlhk/reports/\(sent.id)")
            #expect(work["media"]?.elements.compactMap { $0["url"]?.text } == [url])
            let desk = try await stack.agency("dlhk").with("Accept", "text/html").get("/desk/dlhk/laporan/\(sent.id)")
            #expect(desk.text.contains("src=\"/media/\(sent.id)/1/thumb\""))
            // A public report's own photo is public.
            let page = try await stack.door.with("Accept", "text/html").get("/lacak/\(sent.code)")
            #expect(page.text.contains("src=\"/media/\(sent.id)/1/thumb\"") && page.text.contains("Foto dari pelapor"))
            let view = try await stack.door.get(sent.path)
            #expect(view["media"]?.elements.compactMap { $0["url"]?.text } == [url])
            let photo = try await stack.door.get(url)
            #expect(photo.status == 200 && photo.header("Content-Type") == "image/jpeg")
            #expect(photo.header("Cache-Control") == "public, max-age=3600")
            #expect(photo.header("X-Content-Type-Options") == "nosniff")
            #expect(photo.header("Content-Security-Policy") == "default-src 'none'; sandbox")
            #expect(try await stack.door.get("/media/\(sent.id)/1/thumb").status == 200)

            let hidden = try await stack.operatorDoor.post(
                "/v1/moderation/\(sent.id)/hide", json: ["reason": "Wajah orang"])
            #expect(hidden.status == 200, "\(hidden)")
            for url in [url, "/media/\(sent.id)/1/thumb"] {
                #expect(try await stack.door.get(url).status == 404)
                for door in [sent.reporter, stack.agency("dlhk")] {
                    let photo = try await door.get(url)
                    #expect(photo.status == 200 && photo.header("Cache-Control") == "no-store", "\(photo.status)")
                }
            }
        }

        @Test func `of a private report its own people see the photo, and nobody keeps it`() async throws {
            let sent = try await send("masalah_kesehatan", to: "dinkes")
            let id = try await uploaded(Photographs.png(300, 200), by: sent.reporter)
            #expect(
                try await sent.reporter.post(sent.path + "/media", json: ["media": .array([.string(id)])]).status == 200
            )
            let url = "/media/\(sent.id)/1/web"
            let own = [sent.reporter, stack.agency("dinkes"), stack.operatorDoor]
            for door in own {
                let photo = try await door.get(url)
                #expect(photo.status == 200 && photo.header("Cache-Control") == "no-store", "\(photo.status)")
            }
            let stranger = try await send("sampah", to: "dlhk").reporter
            let others = [stack.door, stranger, stack.agency("dlhk"), stack.integrator]
            for door in others {
                for path in [url, "/media/\(sent.id)/1/thumb", "/media/\(sent.id)/2/web"] {
                    #expect(try await door.get(path).status == 404)
                }
            }
            let odd = [
                "/media/\(sent.code)/1/web", "/media/\(sent.id)/0/web", "/media/\(sent.id)/-1/web",
                "/media/\(sent.id)/99999999999/web", "/media/\(sent.id)/1/original", "/media/\(sent.id)/1/",
                "/media/\(UUID().uuidString)/1/web",
            ]
            for path in odd { #expect(try await sent.reporter.get(path).status == 404, "\(path)") }
        }

        @Test func `what a reporter shows with an answer is for the agency, and what it keeps for itself is its own`()
            async throws
        {
            let sent = try await send("sampah", to: "dlhk")
            let id = try await uploaded(Photographs.webp, by: sent.reporter)
            let answer: JSONValue = ["note": "Ini rumah saya", "media": .array([.string(id)])]
            #expect(try await sent.reporter.post(sent.path + "/comment", json: answer).status == 200)
            let agency = stack.agency("dlhk")
            let own = try await uploaded(Photographs.heic, by: agency)
            let note: JSONValue = ["internal_note": "truk 7", "media": .array([.string(own)])]
            #expect(try await agency.post("/v1/agencies/dlhk/reports/\(sent.id)/comment", json: note).status == 200)
            let shown = try await uploaded(Photographs.jpeg, by: agency)
            let told: JSONValue = ["note": "Sudah bersih", "media": .array([.string(shown)])]
            #expect(try await agency.post("/v1/agencies/dlhk/reports/\(sent.id)/resolve", json: told).status == 409)
            #expect(try await agency.post("/v1/agencies/dlhk/reports/\(sent.id)/comment", json: told).status == 200)

            func statuses(_ door: Door) async throws -> [Int] {
                var statuses: [Int] = []
                for n in 1...3 { statuses.append(try await door.get("/media/\(sent.id)/\(n)/thumb").status) }
                return statuses
            }
            #expect(try await statuses(stack.door) == [404, 404, 200])
            #expect(try await statuses(sent.reporter) == [200, 404, 200])
            #expect(try await statuses(agency) == [200, 200, 200])
            func media(_ door: Door) async throws -> [[String]] {
                let lines = try await door.get(sent.path)["history"]?.elements ?? []
                return lines.compactMap { $0["media"]?.elements.compactMap { $0["url"]?.text } }
            }
            #expect(try await media(stack.door) == [["/media/\(sent.id)/3/web"]])
            #expect(try await media(sent.reporter) == [["/media/\(sent.id)/1/web"], ["/media/\(sent.id)/3/web"]])
        }

        @Test func `an integrator's report brings its photos, and a repeat is the same report`() async throws {
            let ids = [
                try await uploaded(Photographs.jpeg, by: stack.integrator),
                try await uploaded(Photographs.webp, by: stack.integrator),
            ]
            let body = Sample.report("sampah").setting("media", .array(ids.map(JSONValue.string)))
                .setting("external_id", .string(UUID().uuidString))
            let receipt = try await stack.integrator.post("/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            let again = try await stack.integrator.post("/v1/reports", json: body)
            #expect(again.status == 200 && again["id"] == receipt["id"], "\(again)")
            let id = try #require(receipt["id"]?.text)
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency("dlhk").get("/v1/agencies/dlhk/reports/\(id)").status == 200
            }
            let media = try await event("assigned", of: id, at: "dlhk")["data"]?["report"]?["media"]?.elements
            #expect(media?.compactMap { $0["url"]?.text } == ["/media/\(id)/1/web", "/media/\(id)/2/web"])

            // Used, nobody's, somebody else's, and not even an id.
            let agencys = try await uploaded(Photographs.jpeg, by: stack.agency("dlhk"))
            let wrong = Sample.report("sampah").setting(
                "media", .array([ids[0], UUID().uuidString.lowercased(), agencys, "x"].map(JSONValue.string)))
            let refused = try await stack.integrator.post("/v1/reports", json: wrong)
            #expect(refused.status == 422 && refused.faults == ["/media/3 unknown_media"], "\(refused)")
            let most = Sample.report("sampah").setting(
                "media", .array([ids[0], UUID().uuidString.lowercased(), agencys].map(JSONValue.string)))
            #expect(
                try await stack.integrator.post("/v1/reports", json: most).faults == [
                    "/media/0 unknown_media", "/media/1 unknown_media", "/media/2 unknown_media",
                ])
            let citizens = try await stack.door.with("Idempotency-Key", UUID().uuidString)
                .post("/v1/reports", json: most)
            #expect(citizens.status == 422, "\(citizens)")
        }

        @Test func `what is no photo is refused clearly, and costs no memory`() async throws {
            let sent = try await send("sampah", to: "dlhk")
            let archive = [0x50, 0x4B, 0x05, 0x06] + [UInt8](repeating: 0, count: 18)
            let hostile: [(String, [UInt8], Int, String)] = [
                ("a bomb", Photographs.hugeBomb, 422, "/file image_too_large"),
                (
                    "a polyglot", Photographs.jpeg + Array("<script>alert(1)</script>".utf8), 422,
                    "/file image_with_something_else"
                ),
                ("an archive", Photographs.jpeg + archive, 422, "/file image_with_something_else"),
                ("a truncated one", Array(Photographs.jpeg.dropLast(20)), 422, "/file image_truncated"),
                ("a GIF", Array("GIF89a".utf8) + Photographs.jpeg, 422, "/file unknown_image_format"),
                ("an SVG", Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8), 422, "/file unknown_image_format"),
                ("a TIFF", Array("MM\u{0}*".utf8) + [0, 0, 0, 8], 422, "/file unknown_image_format"),
                ("too large a file", [UInt8](repeating: 0xFF, count: 15 << 20 + 1), 422, "/file image_too_many_bytes"),
            ]
            for (what, photo, status, fault) in hostile {
                let answer = try await upload(photo, by: sent.reporter)
                #expect(answer.status == status && answer.faults == [fault], "\(what): \(answer)")
            }
            // Refused by what it announces; the connection may end before the answer is read.
            let announced = try? await upload([UInt8](repeating: 0, count: 16 << 20), by: sent.reporter)
            #expect(announced == nil || announced?.status == 413, "\(String(describing: announced))")
            let door = sent.reporter
            #expect(try await door.send("POST", "/v1/media", type: "image/jpeg", body: Photographs.jpeg).status == 415)
            let broken = try await door.send(
                "POST", "/v1/media", type: "multipart/form-data; boundary=x", body: Array("--x\r\n".utf8))
            #expect(broken.status == 400, "\(broken)")
            let none = MultipartForm(["file": "text"], files: [])
            #expect(
                try await door.send("POST", "/v1/media", type: none.type, body: none.bytes).faults == ["/file required"]
            )
            #expect(try await upload(Photographs.jpeg, by: stack.door).status == 401)
            #expect(
                try await upload(Photographs.jpeg, by: stack.operatorDoor).status
                    == 403)
            let foreign = sent.reporter.with("Origin", "https://evil.example")
            #expect(try await upload(Photographs.jpeg, by: foreign).status == 403)
            // All of that later, photos are still taken.
            _ = try await uploaded(Photographs.jpeg, by: sent.reporter)
        }

        @Test
        func `the plain form takes photos, says beside its field what is wrong, and makes one report of two thumbs`()
            async throws
        {
            let key = UUID().uuidString.lowercased()
            var fields = [
                "category": "sampah", "description": "Sampah dengan foto \(key)", "area": "53.71.03.1010",
                "idempotency_key": key,
            ]
            let page = stack.door.with("Accept", "text/html")
            let faulty = MultipartForm(fields, files: [("media", Array("GIF89a".utf8))])
            let refused = try await page.send("POST", "/lapor", type: faulty.type, body: faulty.bytes)
            #expect(refused.status == 422 && refused.text.contains("href=\"#media\""), "\(refused)")
            #expect(refused.text.contains("Sampah dengan foto \(key)"))
            let form = MultipartForm(
                fields, files: [("media", Photographs.withMetadata(Photographs.jpeg)), ("media", Photographs.heic)])
            for _ in 1...2 {
                let sent = try await page.send("POST", "/lapor", type: form.type, body: form.bytes)
                #expect(sent.status == 201, "\(sent)")
            }
            fields["description"] = "Tanpa foto \(key)"
            fields["sudah_lihat"] = "1"
            fields["idempotency_key"] = UUID().uuidString.lowercased()
            let plain = MultipartForm(fields, files: [("media", [])])
            #expect(try await page.send("POST", "/lapor", type: plain.type, body: plain.bytes).status == 201)
            let rows = try await pool.query(
                """
                SELECT r.id, count(m.n) FROM report r LEFT JOIN report_media m ON m.report_id = r.id
                WHERE r.description LIKE \("%" + key) GROUP BY r.id ORDER BY 2
                """)
            #expect(try rows.map { try $0.decode(Int64.self, at: 1) } == [0, 2])
        }

        @Test func `no stored byte tells where, when or by which camera a photo was taken`() async throws {
            let sent = try await send("sampah", to: "dlhk")
            for photo in [Photographs.withMetadata(Photographs.jpeg), Photographs.webp, Photographs.heic] {
                _ = try await uploaded(photo, by: sent.reporter)
            }
            let folder = stack.home.appending(path: "media")
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".jpg") }
            #expect(files.count >= 4)
            for file in files {
                let bytes = try Data(contentsOf: folder.appending(path: file))
                for trace in Photographs.traces {
                    #expect(bytes.range(of: Data(trace.utf8)) == nil, "\(trace) in \(file)")
                }
                #expect(try ImageFormat.read(Array(bytes)) == .jpeg)
            }
            // Originals are nowhere.
            let all = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            #expect(all.allSatisfy { $0.hasSuffix(".jpg") || !$0.contains(".") }, "\(all)")
        }
    }
}
