import Domain
import FoundationEssentials
import Testing

/// What a city asks of its categories, and what may be answered.
@Suite struct QuestionTests {
    private static let city: City = {
        var city = Sample.city
        let words = LocalizedText(id: "?", en: "?")
        city.categories[0].questions = [
            Question(
                code: "banyaknya", label: words, kind: .choice,
                options: [.init(code: "kantong", name: words), .init(code: "truk", name: words)]),
            Question(code: "jumlah", label: words, kind: .number, minimum: 1, maximum: 200),
            Question(code: "nomor", label: words, kind: .text, maximum: 10),
            Question(code: "masih_ada", label: words, kind: .yesNo),
        ]
        return city
    }()

    private static func admit(_ attributes: String, category: String = "sampah") throws -> Result<
        AdmittedReport, Faults
    > {
        let body =
            #"{"category":"\#(category)","description":"Sampah menumpuk","area":"53.71.03.1010","attributes":\#(attributes)}"#
        return AdmissionRules.validate(
            try ReportDraft.read(Array(body.utf8)), city: city, places: PlaceIndex(city: city), now: Sample.now)
    }

    @Test(arguments: [
        (#"{"banyaknya":"gunung"}"#, "/attributes/banyaknya unknown_answer"),
        (#"{"banyaknya":3}"#, "/attributes/banyaknya not_a_string"),
        (#"{"jumlah":0}"#, "/attributes/jumlah answer_out_of_range"),
        (#"{"jumlah":201}"#, "/attributes/jumlah answer_out_of_range"),
        (#"{"jumlah":1.5}"#, "/attributes/jumlah not_a_number"),
        (#"{"jumlah":"3"}"#, "/attributes/jumlah not_a_number"),
        (#"{"nomor":"12345678901"}"#, "/attributes/nomor too_long"),
        (#"{"nomor":" "}"#, "/attributes/nomor blank"),
        (#"{"nomor":"a\u0007"}"#, "/attributes/nomor control_character"),
        (#"{"masih_ada":"ya"}"#, "/attributes/masih_ada not_a_boolean"),
    ])
    func `an answer that cannot be one is refused where it stands`(attributes: String, fault: String) throws {
        guard case .failure(let faults) = try Self.admit(attributes) else { return #expect(Bool(false)) }
        #expect(faults.list.map { "\($0.pointer) \($0.code.rawValue)" } == [fault])
        for language in Language.allCases { #expect(!faults.list[0].message(language).contains("%")) }
    }

    @Test func `nobody has to answer, and what a sender adds of its own is neither refused nor an answer`() throws {
        #expect(try Self.admit("{}").get().answers == nil)
        let report = try Self.admit(#"{"pemilik":"Ibu Lena","jumlah":3,"masih_ada":false,"nomor":null}"#).get()
        #expect(report.answers == .object(["jumlah": .int(3), "masih_ada": .bool(false)]))
        #expect(report.attributes?["pemilik"] == .string("Ibu Lena"))
        // Another category asks nothing, so the same words are the sender's own there.
        #expect(try Self.admit(#"{"jumlah":"banyak"}"#, category: "iklan_liar").get().answers == nil)
    }

    @Test func `questions outlive the store, and a document from before them has none`() throws {
        #expect(try City(document: Self.city.document()) == Self.city)
        let document = String(decoding: try Sample.city.document(), as: UTF8.self)
        let older = document.replacing(#""questions":[],"#, with: "")
        #expect(older != document)
        #expect(try City(document: Array(older.utf8)) == Sample.city)
    }
}

@Suite struct AnnouncementTests {
    private static let id = UUID(text: "01936f0e-7b1a-7c3d-9e5f-0123456789ab")!

    private static func read(_ body: String) -> Result<Announcement, Faults>? {
        Announcement.read(Array(body.utf8), id: id, at: Sample.now, in: Sample.city)
    }

    private static func faults(_ body: String) -> [String] {
        guard case .failure(let faults)? = read(body) else { return [] }
        return faults.list.map { "\($0.pointer) \($0.code.rawValue)" }
    }

    @Test func `an announcement says what, where and until when`() throws {
        let read = try #require(
            Self.read(
                #"{"category":"lampu_rambu","areas":["53.71.04.1001","53.71.04.1001"],"until":"2026-11-24T20:00:00+08:00","text":{"id":"Lampu padam"}}"#
            )
        ).get()
        #expect(read.areas == ["53.71.04.1001"] && read.from == Sample.now && read.category == "lampu_rambu")
        #expect(read.text(.english) == "Lampu padam" && read.text(.indonesian) == "Lampu padam")
        #expect(Self.read("{") == nil)
    }

    @Test func `everything that is wrong is said at once`() {
        #expect(Self.faults("{}") == ["/until required", "/text required"])
        #expect(
            Self.faults(
                #"{"category":"banjir","areas":["x",7],"until":"2026-11-24T09:00:00+08:00","text":{"id":"ab","en":" "}}"#
            ) == [
                "/category unknown_category", "/areas/0 unknown_area", "/areas/1 unknown_area",
                "/until time_not_in_future", "/text/id too_short", "/text/en blank",
            ])
        #expect(Self.faults(#"{"until":"2027-06-01T00:00:00Z","text":{"id":"Lama"}}"#) == ["/until time_too_far"])
        #expect(
            Self.faults(
                #"{"from":"2026-11-25T00:00:00Z","until":"2026-11-24T20:00:00Z","text":{"id":"Terbalik"}}"#
            ) == ["/until time_not_in_future"])
    }

    @Test func `it is shown from its beginning until its end, and not once it was ended`() {
        var announcement = Announcement(
            id: Self.id, from: Sample.now, until: Sample.now.adding(seconds: 60), indonesian: "Lampu padam")
        #expect(!announcement.isShown(at: Sample.now.adding(seconds: -1)))
        #expect(announcement.isShown(at: Sample.now) && announcement.isShown(at: Sample.now.adding(seconds: 59)))
        #expect(!announcement.isShown(at: Sample.now.adding(seconds: 60)))
        announcement.endedAt = Sample.now
        #expect(!announcement.isShown(at: Sample.now))
    }

    @Test func `it concerns reports of its category in its areas; what is not known rules nothing out`() {
        var known = Announcement(id: Self.id, from: Sample.now, until: Sample.now, indonesian: "Lampu padam")
        #expect(known.concerns("sampah", in: nil) && known.concerns(nil, in: "53.71.04.1001"))
        (known.category, known.areas) = ("lampu_rambu", ["53.71.04.1001"])
        #expect(known.concerns("lampu_rambu", in: "53.71.04.1001") && known.concerns("lampu_rambu", in: nil))
        #expect(!known.concerns("lampu_rambu", in: "53.71.03.1010") && !known.concerns("sampah", in: nil))
        #expect(!known.concerns(nil, in: nil))
    }
}

@Suite struct PublicCountTests {
    @Test func `from 1 to 4 no number is told`() {
        #expect((-1...6).map { PublicCount($0).number } == [0, 0, nil, nil, nil, nil, 5, 6])
    }

    @Test func `months go on over the year's end`() {
        let month = CivilMonth(year: 2026, month: 12)
        #expect(month.adding(1).text == "2027-01" && month.adding(-12).text == "2025-12")
        #expect(month.adding(1).firstDay - month.firstDay == 31)
        #expect(CivilMonth(day: month.firstDay) == month && CivilMonth(day: month.firstDay - 1).text == "2026-11")
        // 20:00 in UTC is the next month's first morning at UTC+8.
        let evening = Timestamp(rfc3339: "2026-11-30T20:00:00Z")!
        #expect(CivilMonth(evening, offsetSeconds: 28_800).text == "2026-12")
        #expect(CivilMonth(evening, offsetSeconds: 0).text == "2026-11")
    }
}

@Suite struct NamedPlaceTests {
    private static let places = PlaceIndex(city: Sample.city)

    @Test(
        arguments: [
            ("oesapa", "53.71.03.1010"), ("Jalan Oesapa Barat no 3", "53.71.03.1014"), ("jl. Merdeka", "53.71.06.1006"),
            ("LLBK", "53.71.06.1002"), ("Kelapa Lima", "53.71.03"), ("kecamatan kota lama", "53.71.06"),
            ("kec. Alak", "53.71.01"), ("Alak", "53.71.01.1008"), ("Jakarta", nil), ("", nil), ("jalan", nil),
        ] as [(String, String?)])
    func `a place is found by the city's own names`(text: String, code: String?) {
        let found: String? =
            switch Self.places.place(named: text) {
            case .area(let area): area.code.rawValue
            case .district(let code): code
            case nil: nil
            }
        #expect(found == code)
    }
}
