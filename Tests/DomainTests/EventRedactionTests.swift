internal import Domain
internal import Testing

struct EventRedactionTests {
    @Test func `what people wrote goes, everything that is counted stays`() throws {
        let body = """
            {"id":"e","sequence":"00000000000000000007","type":"sasando.report.assigned","data":{"report":{"id":"r",\
            "description":"Budi, 0812","address":"Jl. A","landmark":"pasar","media":[{"url":"/m"}],"category":"sampah",\
            "location":{"lat":-10.5,"lon":123.25}},"version":1,"status":"assigned"}}
            """
        let redacted = try #require(EventRedaction.redacted(body))
        let value = try JSONReader.read(Array(redacted.utf8)).value
        #expect(value["id"] == .string("e"))
        #expect(value["sequence"] == .string("00000000000000000007"))
        let data = try #require(value["data"])
        #expect(data["version"] == .int(1))
        #expect(data["redacted"] == .bool(true))
        let report = try #require(data["report"])
        #expect(report["category"] == .string("sampah"))
        #expect(report["redacted"] == .bool(true))
        for name in ["description", "address", "landmark", "media"] { #expect(report[name] == nil, "\(name)") }
        #expect(!redacted.contains("Budi") && !redacted.contains("0812"))
        #expect(EventRedaction.redacted(redacted) == redacted, "once more changes nothing")
    }

    @Test(arguments: ["", "[]", "{}", "nonsense"])
    func `what is no event is left to the caller`(_ body: String) {
        #expect(EventRedaction.redacted(body) == nil)
    }
}
