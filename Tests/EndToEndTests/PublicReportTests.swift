internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// What anyone reads of everybody's reports, by the JSON door, the page and the feed.
    @Suite("Public reports")
    struct PublicReportTests {
        let stack = RunningStack.current.stack

        private func send(_ category: String, _ text: String) async throws -> String {
            let body = Sample.report(category, text).setting("landmark", "rumah pak DH 1234 AB")
            let receipt = try await stack.integrator.post("/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            return try #require(receipt["id"]?.text)
        }

        @Test func `what belongs to a person is masked for everybody but the agency`() async throws {
            let id = try await send("iklan_liar", "Hubungi 0812 3456 7890 atau warga@contoh.id, NIK 5371011234560001")
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency("satpolpp").get("/v1/agencies/satpolpp/reports/\(id)").status == 200
            }
            let list = try await stack.door.get("/v1/reports?category=iklan_liar&limit=5")
            #expect(list.json.elements.contains { $0["id"]?.text == id }, "\(list)")
            for path in ["/v1/reports?limit=50", "/v1/reports/\(id)", "/laporan?kategori=iklan_liar", "/laporan.atom"] {
                let answer = try await stack.door.get(path)
                #expect(answer.status == 200 && answer.text.contains("Hubungi •••"), "\(answer)")
                for word in ["3456", "contoh.id", "5371011234560001", "1234 AB"] {
                    #expect(!answer.text.contains(word), "\(path) tells \(word)")
                }
            }
            let own = try await stack.agency("satpolpp").get("/v1/agencies/satpolpp/reports/\(id)")
            #expect(own.text.contains("0812 3456 7890") && own.text.contains("DH 1234 AB"), "\(own)")
        }

        @Test func `private reports are in no list, and pages lead on`() async throws {
            let secret = try await send("orang_hilang", "Rahasia Kejora hilang")
            for n in 1...3 { _ = try await send("pkl_liar", "Lapak nomor \(n)") }
            var path: String? = "/v1/reports?category=pkl_liar&limit=2"
            var seen: [String] = []
            while let here = path {
                let page = try await stack.door.get(here)
                #expect(page.status == 200 && page.json.elements.count <= 2, "\(page)")
                seen += page.json.elements.compactMap { $0["id"]?.text }
                path = page.header("Link")?.firstMatch(of: /<([^>]*)>/).map { String($0.output.1) }
            }
            #expect(seen.count >= 3 && Set(seen).count == seen.count && seen == seen.sorted(by: >))
            for path in ["/v1/reports?limit=100", "/laporan?status=semua", "/laporan.atom?status=semua"] {
                let answer = try await stack.door.get(path)
                #expect(answer.status == 200 && !answer.text.contains(secret) && !answer.text.contains("Kejora"))
            }
            #expect(try await stack.door.get("/v1/reports?category=orang_hilang").json.elements.isEmpty)
            let feed = try await stack.door.get("/laporan.atom?kategori=pkl_liar")
            #expect(feed.header("Content-Type")?.hasPrefix("application/atom+xml") == true)
            #expect(feed.text.contains("Lapak nomor 3"))
        }

        @Test(arguments: [
            "bbox=1,2,3", "bbox=5,0,4,1", "bbox=a,b,c,d", "category=tidak_ada", "status=selesai", "status=open,closed",
            "limit=0", "limit=101", "after=x", "area=99",
        ])
        func `a question that cannot be read is answered with what is wrong`(query: String) async throws {
            let answer = try await stack.door.get("/v1/reports?\(query)")
            let name = String(query.prefix { $0 != "=" })
            #expect(answer.status == 400 && answer["detail"]?.text?.contains("\"\(name)\"") == true, "\(answer)")
        }
    }
}
