import Domain
import Testing

@Suite struct AdmissionTests {
    private static let places = PlaceIndex(city: Sample.city)

    private static func admit(
        _ body: String, basis: LegalBasis = .consent
    ) throws -> Result<AdmittedReport, Faults> {
        AdmissionRules.validate(
            try ReportDraft.read(Array(body.utf8)), city: Sample.city, places: places, basis: basis, now: Sample.now)
    }

    private static func faults(_ body: String) throws -> [String] {
        switch try admit(body) {
        case .success: []
        case .failure(let faults): faults.list.map { "\($0.pointer) \($0.code.rawValue)" }
        }
    }

    /// A good report with these members more, or instead.
    private static func report(_ members: String) -> String {
        #"{"description":"Sampah menumpuk","area":"53.71.03.1010""# + (members.isEmpty ? "" : "," + members) + "}"
    }

    @Test(arguments: [
        // category
        (#""category":"banjir""#, "/category unknown_category"),
        (#""category":7"#, "/category not_a_string"),
        (#""subtype":"lampu_jalan""#, "/subtype subtype_without_category"),
        (#""category":"sampah","subtype":"lampu_jalan""#, "/subtype unknown_subtype"),
        // place
        (#""location":{"lat":-10.148}"#, "/location/lon required"),
        (#""location":{"lat":"-10.148","lon":123.653}"#, "/location/lat not_a_number"),
        (#""location":{"lat":NaN,"lon":123.653}"#, "/location/lat not_a_number"),
        (#""location":{"lat":-10.148,"lon":Infinity}"#, "/location/lon not_a_number"),
        (#""location":{"lat":1e999,"lon":123.653}"#, "/location/lat number_out_of_range"),
        (#""location":{"lat":-90.1,"lon":123.653}"#, "/location/lat latitude_out_of_range"),
        (#""location":{"lat":-10.148,"lon":180.5}"#, "/location/lon longitude_out_of_range"),
        (#""location":{"lat":-10.148,"lon":123.653,"accuracy_m":-1}"#, "/location/accuracy_m accuracy_out_of_range"),
        (#""location":{"lat":-6.2,"lon":106.8}"#, "/location outside_city"),
        (#""location":[1,2]"#, "/location not_an_object"),
        (#""area":"53.71.99.9999""#, "/area unknown_area"),
        (#""address":" ""#, "/address blank"),
        (#""rt":"1234""#, "/rt malformed_neighbourhood"),
        (#""rw":"3a""#, "/rw malformed_neighbourhood"),
        (#""rw":-1"#, "/rw malformed_neighbourhood"),
        (#""landmark":"a\u0007b""#, "/landmark control_character"),
        // time
        (#""observed_at":"kemarin""#, "/observed_at malformed_time"),
        (#""observed_at":"2026-11-24T09:10:01+08:00""#, "/observed_at time_in_future"),
        (#""observed_at":"2025-11-23T09:04:59+08:00""#, "/observed_at time_too_old"),
        // the rest
        (#""external_id":"""#, "/external_id blank"),
        (#""visibility":"secret""#, "/visibility unknown_visibility"),
        (#""media":["foto.jpg"]"#, "/media/0 unknown_media"),
        (
            #""media":["017f22e2-79b0-7cc3-98c4-dc0c0c07398f","017f22e2-79b0-7cc3-98c4-dc0c0c07398f"]"#,
            "/media/1 unknown_media"
        ),
        (#""media":[7]"#, "/media/0 not_a_string"),
        (#""media":{}"#, "/media not_an_array"),
        (#""attributes":[]"#, "/attributes not_an_object"),
        (#""attributes":{"a":{"b":{"c":{"d":{"e":{}}}}}}"#, "/attributes attributes_too_deep"),
        (#""attributes":{"a":["x\u0000"]}"#, "/attributes/a/0 control_character"),
        (#""external_id":"\ud800""#, "/external_id lone_surrogate"),
        (#""rt":"1","rt":"2""#, "/rt duplicate_member"),
        // person
        (#""reporter":{"name":"Yuli"}"#, "/reporter/consent consent_required"),
        (#""reporter":{"name":"Yuli","consent":{"version":"1"}}"#, "/reporter/consent consent_required"),
        (#""reporter":"Yuli""#, "/reporter not_an_object"),
        (
            #""reporter":{"phone":"123","consent":{"version":"1","at":"2026-11-24T01:00:00Z"}}"#,
            "/reporter/phone malformed_phone"
        ),
        (
            #""reporter":{"email":"yuli@rumah","consent":{"version":"1","at":"2026-11-24T01:00:00Z"}}"#,
            "/reporter/email malformed_email"
        ),
        (
            #""reporter":{"name":"Yuli","consent":{"version":"1","at":"2026-11-24T02:00:00Z"}}"#,
            "/reporter/consent/at time_in_future"
        ),
        (
            #""reporter":{"name":"Yuli","consent":{"version":"0","at":"2026-11-24T01:00:00Z"}}"#,
            "/reporter/consent/version unknown_consent"
        ),
        (
            #""reporter":{"name":"Yuli","consent":{"version":"1","at":"2026-11-24T01:00:00Z","contact":"ya"}}"#,
            "/reporter/consent/contact not_a_boolean"
        ),
        (
            #""reporter":{"name":"Yuli","consent":{"version":"1","at":"2026-11-24T01:00:00Z","contact":true}}"#,
            "/reporter/phone required"
        ),
        (
            #""reporter":{"name":"Yuli","consent":{"version":"1","at":"dulu"}}"#,
            "/reporter/consent/at malformed_time"
        ),
    ])
    func `each fault has its own code at its own pointer`(members: String, fault: String) throws {
        let isPlace = members.contains(#""area""#)
        let body = isPlace ? #"{"description":"Sampah menumpuk",\#(members)}"# : Self.report(members)
        #expect(try Self.faults(body) == [fault])
    }

    @Test(arguments: [
        (#""""#, "blank"), (#""  \n\t\u200b ""#, "blank"), (#""ab""#, "too_short"), (#""a          b""#, "too_short"),
        ("null", "required"), ("7", "not_a_string"), (#""abc\u0000""#, "control_character"),
        (#""abc\u007f""#, "control_character"), (#""abc\u0085""#, "control_character"),
        (#""abc\ud83d""#, "lone_surrogate"),
    ])
    func `a description must say something`(json: String, code: String) throws {
        #expect(try Self.faults(#"{"area":"53.71.03.1010","description":\#(json)}"#) == ["/description \(code)"])
    }

    @Test func `descriptions of 3 to 4000 characters are kept as they are`() throws {
        for text in ["abc", "Got\tdi depan\r\nrumah é 😀", String(repeating: "😀", count: 4_000)] {
            var writer = JSONWriter()
            writer.object {
                $0.member("description", text)
                $0.member("area", "53.71.03.1010")
            }
            #expect(try Self.admit(writer.string).get().description == text)
        }
        let long = String(repeating: "a", count: 4_001)
        #expect(try Self.faults(#"{"area":"53.71.03.1010","description":"\#(long)"}"#) == ["/description too_long"])
    }

    @Test func `attributes are bounded in size`() throws {
        let long = String(repeating: "a", count: 8_192)
        #expect(try Self.faults(Self.report(#""attributes":{"a":"\#(long)"}"#)) == ["/attributes attributes_too_large"])
    }

    @Test func `all faults come at once`() throws {
        let faults = try Self.faults(
            #"{"category":"banjir","rt":"x","visibility":1,"observed_at":5,"location":{"lat":NaN},"unknown":true}"#)
        #expect(
            Set(faults) == [
                "/location/lat not_a_number", "/visibility not_a_string", "/observed_at not_a_string",
                "/category unknown_category", "/description required", "/rt malformed_neighbourhood",
                "/location/lon required",
            ])
        #expect(faults.count == 7)
    }

    @Test func `no place at all is a fault of the whole`() throws {
        #expect(try Self.faults(#"{"description":"Sampah menumpuk"}"#) == [" no_place"])
    }

    @Test(arguments: ["[]", "7", "null", #""text""#])
    func `a body that is no object has that one fault`(body: String) throws {
        #expect(try Self.faults(body) == [" not_an_object"])
    }

    @Test func `broken JSON is unreadable`() {
        #expect(throws: JSONReader.Unreadable.self) { try ReportDraft.read(Array(#"{"description":"abc""#.utf8)) }
    }

    @Test(
        arguments: [
            (#""location":{"lat":-10.149,"lon":123.652,"accuracy_m":12}"#, .gps, "53.71.03.1010", true),
            (#""location":{"lat":-10.149,"lon":123.652}"#, .pin, "53.71.03.1010", true),
            (#""location":{"lat":-10.149,"lon":123.652},"area":"53.71.03.1014""#, .pin, "53.71.03.1014", false),
            (#""area":"53.71.03.1014""#, .area, "53.71.03.1014", false),
            (#""address":"RT 3 kel.oesapa barat, dekat kios""#, .address, "53.71.03.1014", false),
            (#""address":"belakang gereja""#, .none, nil, false),
        ] as [(String, LocationSource, AreaCode?, Bool)])
    func `the place comes from what was given`(
        members: String, source: LocationSource, area: AreaCode?, isApproximate: Bool
    ) throws {
        let report = try Self.admit(#"{"description":"Sampah menumpuk",\#(members)}"#).get()
        #expect(report.locationSource == source)
        #expect(report.area?.code == area)
        #expect(report.area?.isApproximate ?? false == isApproximate)
        #expect((report.location == nil) == (source == .none))
    }

    @Test(
        arguments: [
            ("", .public), (#""visibility":"private""#, .private), (#""visibility":"public""#, .public),
            (#""category":"orang_hilang""#, .private), (#""category":"orang_hilang","visibility":"public""#, .private),
        ] as [(String, Visibility)])
    func `what is sensitive stays private`(members: String, visibility: Visibility) throws {
        #expect(try Self.admit(Self.report(members)).get().visibility == visibility)
    }

    @Test func `a reporter with consent is kept, an empty one is not`() throws {
        let consent = #""consent":{"version":"2026-1","at":"2026-11-24T01:00:00Z"}"#
        let report = try Self.admit(
            Self.report(
                #""reporter":{"name":"Yuli","phone":"+62 (0)812-3456.7890","email":"yuli@contoh.id",\#(consent)}"#)
        ).get()
        #expect(report.reporter?.name == "Yuli" && report.reporter?.consentVersion == "2026-1")
        #expect(report.ground?.retentionDays == 90 && report.reporter?.mayContact == false)
        #expect(try Self.admit(Self.report(#""reporter":{}"#)).get().reporter == nil)
    }

    @Test func `who has another ground needs no consent for personal data, and one that is given counts`() throws {
        let named = Self.report(#""reporter":{"name":"Yuli","phone":"0812-3456-7890"}"#)
        #expect(throws: Faults.self) { try Self.admit(named).get() }
        let ground = try Self.admit(named, basis: .publicTask).get().ground
        #expect(ground == DataGround(version: "basis:public_task", at: Sample.now, retentionDays: 90))
        let agreed = Self.report(
            #""reporter":{"name":"Yuli","consent":{"version":"2026-1","at":"2026-11-24T01:00:00Z"}}"#)
        #expect(try Self.admit(agreed, basis: .publicTask).get().ground?.version == "2026-1")
        // What is wrong with a consent that is given stays wrong.
        let unknown = Self.report(
            #""reporter":{"name":"Yuli","consent":{"version":"1999-1","at":"2026-11-24T01:00:00Z"}}"#)
        #expect(throws: Faults.self) { try Self.admit(unknown, basis: .publicTask).get() }
        // Nothing is kept of nobody.
        #expect(try Self.admit(Self.report(""), basis: .publicTask).get().ground == nil)
    }

    @Test func `the same request in other words of JSON has the same hash`() throws {
        let a = try Self.admit(Self.report(#""rt":"12","attributes":{"a":1,"b":2},"x":1"#)).get()
        let b = try Self.admit(
            #"{ "attributes": {"b":2,"a":1}, "rt":12, "area":"53.71.03.1010", "landmark":null, "description":"\u0053ampah menumpuk" }"#
        ).get()
        #expect(a.requestHash == b.requestHash && a.requestHash.count == 32)
        let seen = try [
            "", #""rt":"12""#, #""rw":"12""#, #""category":"sampah""#, #""visibility":"private""#, #""landmark":"12""#,
            #""external_id":"12""#, #""observed_at":"2026-11-24T01:00:00Z""#, #""attributes":{"a":1}"#,
            #""address":"12""#, #""location":{"lat":-10.149,"lon":123.652}"#,
            #""reporter":{"name":"12","consent":{"version":"1","at":"2026-11-24T01:00:00Z"}}"#,
            #""reporter":{"phone":"081234567890","consent":{"version":"1","at":"2026-11-24T01:00:00Z"}}"#,
            #""reporter":{"phone":"081234567890","consent":{"version":"1","at":"2026-11-24T01:00:00Z","contact":true}}"#,
        ].map { try Self.admit(Self.report($0)).get().requestHash }
        #expect(Set(seen).count == seen.count)
    }

    @Test(arguments: FaultCode.allCases)
    func `every fault speaks both languages and leaves nothing to fill in`(code: FaultCode) {
        let fault = Fault(code, at: "/x", "7")
        for language in Language.allCases {
            #expect(fault.message(language).count > 10)
            #expect(!fault.message(language).contains("%"))
        }
        #expect(fault.message(.indonesian) != fault.message(.english))
    }

    @Test func `no two codes say the same`() {
        #expect(Set(FaultCode.allCases.map(\.text.en)).count == FaultCode.allCases.count)
        #expect(Set(FaultCode.allCases.map(\.text.id)).count == FaultCode.allCases.count)
    }
}
