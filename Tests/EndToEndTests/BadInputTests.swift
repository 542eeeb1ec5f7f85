internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

/// A body that is refused: as it is sent, and the faults that are told, each as `pointer code`.
struct BadReport: Sendable, CustomTestStringConvertible {
    let name: String
    let body: [UInt8]
    let faults: [String]

    init(_ name: String, _ body: JSONValue, _ faults: String...) {
        self.name = name
        self.body = Array(body.json.utf8)
        self.faults = faults.sorted()
    }

    init(_ name: String, text: String, _ faults: String...) {
        self.name = name
        body = Array(text.utf8)
        self.faults = faults.sorted()
    }

    var testDescription: String { name }

    private static let good = Sample.report()

    private static func with(_ name: String, _ value: JSONValue?) -> JSONValue { good.setting(name, value) }

    /// A good report whose description is written as JSON by hand.
    private static func described(_ literal: String) -> String {
        "{\"category\":\"sampah\",\"location\":{\"lat\":-10.1583,\"lon\":123.607},\"description\":\(literal)}"
    }

    private static func placed(_ lat: String, _ lon: String) -> String {
        "{\"category\":\"sampah\",\"description\":\"Sampah\",\"location\":{\"lat\":\(lat),\"lon\":\(lon)}}"
    }

    static let texts: [BadReport] = [
        .init("no description", with("description", nil), "/description required"),
        .init("a description of blanks", with("description", " \t\n\u{3000} "), "/description blank"),
        .init(
            "a description of what shows nothing", with("description", "\u{200B}\u{2060}\u{200D}"), "/description blank"
        ),
        .init("two letters", with("description", "ab"), "/description too_short"),
        .init(
            "4,001 letters", with("description", .string(String(repeating: "a", count: 4_001))), "/description too_long"
        ),
        .init("a description that is a number", with("description", 7), "/description not_a_string"),
        .init("NUL", text: described(#""satu\u0000dua""#), "/description control_character"),
        .init("an escape character", text: described(#""satu\u001bdua""#), "/description control_character"),
        .init("DEL and C1", text: described(#""satu\u007f\u0085dua""#), "/description control_character"),
        .init("half a surrogate pair", text: described(#""satu \ud83d dua""#), "/description lone_surrogate"),
        .init("the other half", text: described(#""satu \udd25 dua""#), "/description lone_surrogate"),
        .init("a landmark with NUL", with("landmark", "a\u{0}b"), "/landmark control_character"),
        .init("an RT that is no number", with("rt", "tiga"), "/rt malformed_neighbourhood"),
        .init(
            "a member given twice", text: #"{"description":"satu","description":"dua","area":"53.71.04.1008"}"#,
            "/description duplicate_member"),
    ]

    static let places: [BadReport] = [
        .init("a point outside the city", text: placed("-9.9", "124.3"), "/location outside_city"),
        .init("a point at sea", text: placed("-10.05", "123.45"), "/location outside_city"),
        .init("no place at all", with("location", nil), " no_place"),
        .init("NaN", text: placed("NaN", "123.6"), "/location/lat not_a_number"),
        .init("Infinity", text: placed("-10.1", "-Infinity"), "/location/lon not_a_number"),
        .init("1e400", text: placed("1e400", "123.6"), "/location/lat number_out_of_range"),
        .init("a latitude of 91", text: placed("91", "123.6"), "/location/lat latitude_out_of_range"),
        .init("a longitude of 181", text: placed("-10.1", "181"), "/location/lon longitude_out_of_range"),
        .init("half a point", with("location", ["lat": -10.1583]), "/location/lon required"),
        .init("a latitude as text", text: placed("\"-10.1\"", "123.6"), "/location/lat not_a_number"),
        .init("an unknown area", with("area", "53.71.09.9999"), "/area unknown_area"),
    ]

    static let codes: [BadReport] = [
        .init("an unknown category", with("category", "banjir"), "/category unknown_category"),
        .init("an unknown sub-type", with("subtype", "lampu_jalan"), "/subtype unknown_subtype"),
        .init(
            "a sub-type alone", good.setting("category", nil).setting("subtype", "rambu"),
            "/subtype subtype_without_category"),
        .init("an unknown visibility", with("visibility", "secret"), "/visibility unknown_visibility"),
        .init("a file that was never sent", with("media", ["0197"]), "/media/0 unknown_media"),
        .init("a time to come", with("observed_at", "2099-01-01T00:00:00+08:00"), "/observed_at time_in_future"),
        .init("a time of another age", with("observed_at", "1999-01-01T00:00:00+08:00"), "/observed_at time_too_old"),
        .init("a time without an offset", with("observed_at", "2026-01-01T00:00:00"), "/observed_at malformed_time"),
        .init("a person without consent", with("reporter", ["name": "Maria"]), "/reporter/consent consent_required"),
        .init(
            "a telephone number that is none",
            with("reporter", ["phone": "abc", "consent": ["version": "1", "at": "2026-01-01T00:00:00Z"]]),
            "/reporter/phone malformed_phone"),
        .init("an array", text: "[]", " not_an_object"),
        .init(
            "all at once",
            [
                "category": "banjir", "description": " ", "location": ["lat": 91, "lon": "x"], "observed_at": "kemarin",
                "visibility": "all",
            ], "/category unknown_category", "/description blank", "/location/lon not_a_number",
            "/observed_at malformed_time", "/visibility unknown_visibility"),
    ]
}

extension EndToEnd.FrontDoor {
    @Suite("Bad input")
    struct BadInputTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)

        private func stored() async throws -> Int64 {
            try await audit.count("SELECT (SELECT count(*) FROM report) + (SELECT count(*) FROM reporter_identity)")
        }

        /// Sends what must be refused; the same as a citizen, and nothing of it may be stored.
        private func refused(
            _ body: [UInt8], type: String = "application/json", _ status: Int, path: String = "/v1/reports",
            headers: [(String, String)] = [], sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> [Answer] {
            let before = try await stored()
            var answers: [Answer] = []
            for door in [stack.integrator, stack.door] {
                let way = headers.reduce(door) { $0.with($1.0, $1.1) }
                let answer = try await way.send("POST", path, type: type, body: body)
                #expect(answer.status == status, "\(answer)", sourceLocation: sourceLocation)
                let isProblem = answer.header("Content-Type") == "application/problem+json"
                #expect(
                    isProblem && answer["status"]?.number == Double(status), "\(answer)", sourceLocation: sourceLocation
                )
                answers.append(answer)
            }
            #expect(try await stored() == before, "something was stored", sourceLocation: sourceLocation)
            return answers
        }

        @Test(
            "a report that can be read but is wrong is refused with every fault",
            arguments: [
                BadReport.texts, BadReport.places, BadReport.codes,
            ].joined().map { $0 })
        func unprocessable(bad: BadReport) async throws {
            for answer in try await refused(bad.body, 422) {
                #expect(answer.faults == bad.faults, "\(answer)")
                let hasWords = (answer["errors"]?.elements ?? []).allSatisfy { $0["message"]?.text?.isEmpty == false }
                #expect(hasWords)
            }
        }

        @Test("faults are told in the reader's language")
        func languages() async throws {
            let body = Array(Sample.report("banjir").json.utf8)
            let indonesian = try await refused(body, 422)[0]["errors"]?.elements.first?["message"]?.text ?? ""
            let english =
                try await refused(body, 422, path: "/v1/reports?lang=en")[0]["errors"]?.elements
                .first?["message"]?.text ?? ""
            #expect(indonesian.contains("tidak ada") && english.contains("There is no category"))
        }

        @Test(
            "what is no JSON is 400",
            arguments: [
                "", "{", "null x", #"{"description": }"#, "{'description':'satu'}", #"{"description":"baris\#nbaru"}"#,
                String(repeating: "[", count: 5_000),
            ])
        func unreadable(text: String) async throws {
            _ = try await refused(Array(text.utf8), 400)
        }

        @Test("bytes that are no UTF-8 are 400")
        func notText() async throws {
            _ = try await refused([0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D], 400)
        }

        @Test("a body beyond 64 KiB is 413, one just below is not")
        func tooLarge() async throws {
            let padding = String(repeating: " ", count: 65_536)
            _ = try await refused(Array((Sample.report().json + padding).utf8), 413)
            let good = Sample.report().json
            let fitting = good + String(repeating: " ", count: 65_536 - good.utf8.count)
            let answer = try await stack.integrator.send(
                "POST", "/v1/reports", type: "application/json", body: Array(fitting.utf8))
            #expect(answer.status == 201, "\(answer)")
        }

        @Test(
            "another content type is 415",
            arguments: ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
        func otherType(type: String) async throws {
            _ = try await refused(Array(Sample.report().json.utf8), type: type, 415)
        }

        @Test(
            "an Idempotency-Key that is none is 400",
            arguments: ["\"\"", "dua kata", String(repeating: "k", count: 256)])
        func badKey(key: String) async throws {
            _ = try await refused(Array(Sample.report().json.utf8), 400, headers: [("Idempotency-Key", key)])
        }

        @Test("a citizen's key is a UUID")
        func citizensKey() async throws {
            let bad = try await stack.door.with("Idempotency-Key", "laporan-1").post(
                "/v1/reports", json: Sample.report())
            #expect(bad.status == 400, "\(bad)")
            let good = try await stack.door.with("Idempotency-Key", UUID().text).post(
                "/v1/reports", json: Sample.report())
            #expect(good.status == 201, "\(good)")
        }

        @Test("another method is 405 and says which there are")
        func otherMethod() async throws {
            let answer = try await stack.integrator.send("PUT", "/v1/reports", type: "application/json", body: [])
            #expect(answer.status == 405 && answer.header("Allow")?.contains("POST") == true, "\(answer)")
        }

        @Test("what was written is kept as it was written")
        func kept() async throws {
            let text = "Api! \u{1F525} “kutip” \\ <script>alert(1)</script>\n\tnol‍lebar e\u{301} é"
            let answer = try await stack.integrator.post("/v1/reports", json: Sample.report("sampah", text))
            #expect(answer.status == 201, "\(answer)")
            let seen = try await stack.door.get(answer["links"]?["self"]?.text ?? "")
            #expect(seen["description"]?.text?.unicodeScalars.elementsEqual(text.unicodeScalars) == true, "\(seen)")
        }
    }
}
