import Domain
import FoundationEssentials
import Testing

@Suite struct RoutingTests {
    private static let table = RoutingTable(city: Sample.city)

    private static func report(
        _ category: CategoryCode?, _ subtype: SubtypeCode? = nil, area: AreaCode? = nil, isApproximate: Bool = true,
        hasPlace: Bool = true
    ) -> RoutableReport {
        RoutableReport(
            id: UUID(high: 1, low: 1), category: category, subtype: subtype, area: area,
            areaIsApproximate: isApproximate, channel: "web", receivedAt: Sample.received, hasPlace: hasPlace)
    }

    @Test(
        arguments: [
            ("sampah", nil, "dlhk", "Kategori “Sampah” ditangani DLHK (aturan sampah)."),
            (
                "lampu_rambu", "lampu_jalan", "pupr",
                "Kategori “Lampu & rambu”, jenis “Lampu jalan” ditangani PUPR (aturan lampu_jalan)."
            ),
            ("kebakaran", nil, "damkar", "Api selalu ke Damkar (aturan kebakaran)."),
            ("lampu_rambu", nil, "kominfo", "Kategori “Lampu & rambu” tanpa jenis: Kominfo memilah dan meneruskannya."),
            ("iklan_liar", nil, "kominfo", "Belum ada aturan untuk “Iklan liar”: Kominfo memilah dan meneruskannya."),
            (nil, nil, "kominfo", "Laporan tanpa kategori: Kominfo memilah dan meneruskannya."),
            ("banjir", nil, "kominfo", "Kategori “banjir” tidak dikenal: Kominfo memilah dan meneruskannya."),
        ] as [(CategoryCode?, SubtypeCode?, AgencyCode, String)])
    func `a report goes to the agency of its kind, or to triage, and says why`(
        category: CategoryCode?, subtype: SubtypeCode?, agency: AgencyCode, why: String
    ) {
        let decision = Self.table.decide(Self.report(category, subtype), at: Sample.now)
        #expect(decision.agency == agency)
        #expect(decision.status == (agency == "kominfo" ? .triage : .assigned))
        #expect(decision.why == why)
    }

    @Test func `a rule for an area waits for true boundaries`() {
        let approximate = Self.report("sampah", area: "53.71.01.1008")
        #expect(Self.table.decide(approximate, at: Sample.now).agency == "dlhk")
        let exact = Self.report("sampah", area: "53.71.01.1008", isApproximate: false)
        #expect(Self.table.decide(exact, at: Sample.now).agency == "pupr")
        let elsewhere = Self.report("sampah", area: "53.71.03.1010", isApproximate: false)
        #expect(Self.table.decide(elsewhere, at: Sample.now).agency == "dlhk")
    }

    @Test(
        arguments: [
            ("2026-11-24T21:59:59+08:00", "dishub"), ("2026-11-24T22:00:00+08:00", "pupr"),
            ("2026-11-25T04:59:59+08:00", "pupr"), ("2026-11-25T05:00:00+08:00", "dishub"),
        ] as [(String, AgencyCode)])
    func `a rule for some hours looks at the city's clock`(time: String, agency: AgencyCode) throws {
        let decision = Self.table.decide(
            Self.report("lampu_rambu", "lampu_lalin"), at: try #require(Timestamp(rfc3339: time)))
        #expect(decision.agency == agency)
        #expect(decision.priority == (agency == "pupr" ? .high : .normal))
    }

    @Test func `a report without a place goes to triage, and keeps its urgency`() {
        let decision = Self.table.decide(Self.report("kebakaran", hasPlace: false), at: Sample.now)
        #expect(decision.status == .triage && decision.priority == .urgent)
    }

    @Test(
        arguments: [
            ("sampah", nil, 14_400, nil, 86_400), ("lampu_rambu", "lampu_lalin", 3_600, nil, 7_200),
            ("lampu_rambu", "lampu_jalan", 14_400, nil, 86_400), ("kebakaran", nil, 120, 900, 86_400),
            ("iklan_liar", nil, 14_400, nil, 259_200), (nil, nil, 14_400, nil, 259_200),
        ] as [(CategoryCode?, SubtypeCode?, Int, Int?, Int)])
    func `promises are those of the sub-type, else of the category, else of triage`(
        category: CategoryCode?, subtype: SubtypeCode?, acknowledge: Int, arrive: Int?, resolve: Int
    ) {
        let deadlines = Self.table.decide(Self.report(category, subtype), at: Sample.now).deadlines
        #expect(deadlines.acknowledgeBy == Sample.received.adding(seconds: acknowledge))
        #expect(deadlines.arriveBy == arrive.map { Sample.received.adding(seconds: $0) })
        #expect(deadlines.resolveBy == Sample.received.adding(seconds: resolve))
    }

    @Test func `a city is written and read back`() throws {
        let document = try Sample.city.document()
        #expect(try City(document: document) == Sample.city)
        #expect(try City(document: document).document() == document)
    }

    @Test func `a document of another version is read: more members, fewer members`() throws {
        let text = String(decoding: try Sample.city.document(), as: UTF8.self)
        let newer = text.replacing(#""code":"sampah""#, with: #""code":"sampah","colour_name":{"a":[1]}"#)
        #expect(newer != text)
        #expect(try City(document: Array(newer.utf8)) == Sample.city)
        let older = """
            {"code":"k","name":{"id":"K","en":"K"},"timezone":"Asia/Makassar","utc_offset":28800,"tracking_prefix":"KPG",
            "agencies":[{"code":"a","name":{"id":"A","en":"A"},"short":"A"}],
            "categories":[{"code":"c","name":{"id":"C","en":"C"},"icon":"c"}],"rules":[],
            "levels":[{"acknowledge_seconds":1,"resolve_seconds":2}],
            "areas":[{"code":"1","name":"N","district":"D","district_code":"1","lat":1,"lng":2}]}
            """
        let city = try City(document: Array(older.utf8))
        #expect(city.limits == CityLimits() && city.map.url == nil)
        #expect(city.categories[0].sensitive == false && city.levels[0].confirmed == false)
    }
}
