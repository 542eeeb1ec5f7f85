internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// What the city shows of itself, through the front door.
    @Suite("The city's own pages")
    struct CityPageTests {
        let stack = RunningStack.current.stack

        private func send(_ body: JSONValue) async throws -> String {
            let receipt = try await stack.integrator.post("/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            return try #require(receipt["id"]?.text)
        }

        private func waitForAgency(_ agency: String, _ id: String) async throws {
            try await wait(for: "\(agency) to have the report", within: .seconds(15)) {
                try await stack.agency(agency).get("/v1/agencies/\(agency)/reports/\(id)").status == 200
            }
        }

        @Test func `answers reach the agency by every door, and what else was sent does not`() async throws {
            let id = try await send(
                Sample.report("parkir_liar", "Truk di trotoar")
                    .setting("attributes", ["masih_ada": true, "pemilik": "Kejora Wrix"]))
            try await waitForAgency("dishub", id)
            let work = try await stack.agency("dishub").get("/v1/agencies/dishub/reports/\(id)")
            #expect(work["attributes"] == ["masih_ada": true], "\(work)")
            let events = try await stack.agency("dishub").get("/v1/agencies/dishub/events?limit=1000")
            let own = events.json.elements.first { $0["subject"]?.text == id }
            #expect(own?["data"]?["report"]?["attributes"] == ["masih_ada": true], "\(events)")
            let page = try await stack.agency("dishub").get("/desk/dishub/laporan/\(id)")
            #expect(page.text.contains("Apakah kendaraannya masih di sana?"))
            for text in [work.text, events.text, page.text] { #expect(!text.contains("Kejora")) }
            let anyone = try await stack.door.get("/v1/reports/\(id)")
            #expect(anyone["attributes"] == nil && anyone.status == 200, "\(anyone)")
            let wrong = try await stack.integrator.post(
                "/v1/reports", json: Sample.report("parkir_liar").setting("attributes", ["masih_ada": "ya"]))
            #expect(wrong.status == 422 && wrong.faults == ["/attributes/masih_ada not_a_boolean"], "\(wrong)")
        }

        @Test func `what is nearby is public, open, of the same kind, and at most three`() async throws {
            let here: JSONValue = ["lat": -10.2105, "lon": 123.6451]
            var ids: [String] = []
            for n in 1...4 {
                ids.append(try await send(Sample.report("iklan_liar", "Spanduk \(n)").setting("location", here)))
            }
            ids.append(try await send(Sample.report("orang_hilang", "Rahasia").setting("location", here)))
            for id in ids[..<4] { try await waitForAgency("satpolpp", id) }
            let place = "lat=-10.2106&lon=123.6452"
            let found = try await stack.door.get("/v1/reports/nearby?category=iklan_liar&\(place)")
            #expect(found.status == 200 && found.json.elements.count == 3, "\(found)")
            #expect(found.json.elements.allSatisfy { ids[..<4].contains($0["id"]?.text ?? "") })
            #expect(found.json.elements.allSatisfy { (1...30).contains($0["distance_m"]?.number ?? 0) })
            #expect(found.header("Cache-Control") == "no-store")
            for category in ["orang_hilang", "sampah"] {
                let none = try await stack.door.get("/v1/reports/nearby?category=\(category)&\(place)")
                #expect(none.json == .array([]), "\(none)")
            }
            for query in [
                "", "category=x&\(place)", "category=sampah", "category=sampah&lat=1", "category=sampah&area=1",
            ] {
                #expect(try await stack.door.get("/v1/reports/nearby?\(query)").status == 400, "\(query)")
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func `figures count what is not sensitive, and no page tells of the rest`() async throws {
            let before = try await figures()
            let (shown, secret) = (
                try await send(Sample.report("kemacetan", "Macet di simpang")),
                try await send(Sample.report("orang_hilang", "Anak hilang"))
            )
            try await waitForAgency("dishub", shown)
            try await waitForAgency("dinsos", secret)
            // Figures that were counted are given again for half a minute.
            let known = count("kemacetan", before)
            try await wait(for: "the figures to hold them", within: .seconds(100)) {
                count("kemacetan", try await figures()) > known
            }
            let after = try await figures()
            let listed = after["periods"]?.elements.first?["categories"]?.elements ?? []
            #expect(listed.reduce(0) { $0 + ($1["received"]?.number ?? 0) } == total(after), "\(after.json)")
            for path in ["/kinerja.csv", "/kinerja.csv?tabel=arus", "/v1/performance"] {
                let answer = try await stack.door.get(path)
                #expect(answer.status == 200 && !answer.text.contains("orang_hilang"), "\(answer)")
            }
            // This month is not over.
            let sensitive = try await stack.door.get("/v1/performance/sensitive")
            #expect(sensitive["below"]?.number == 5 && sensitive["counts"] == .array([]), "\(sensitive)")
        }

        private func figures() async throws -> JSONValue {
            try await stack.door.get("/v1/performance").json
        }

        private func count(_ category: String, _ figures: JSONValue) -> Double {
            let rows = figures["periods"]?.elements.first?["categories"]?.elements ?? []
            return rows.first { $0["code"]?.text == category }?["received"]?.number ?? -1
        }

        private func total(_ figures: JSONValue) -> Double {
            figures["periods"]?.elements.first?["totals"]?["received"]?.number ?? -1
        }
    }
}
