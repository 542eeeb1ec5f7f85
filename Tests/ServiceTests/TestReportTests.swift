import Domain
import FoundationEssentials
import Testing

@testable import Intake
@testable import Storage

/// What a test key is shown, and what the document says of it.
@Suite("Test reports")
struct TestReportTests {
    private static let doors = ["/v1/reports/{report}", "/v1/channels/{code}/reports/{external_id}"]

    private static let whole = TestReport(
        id: UUID(), channel: "coba", trackingCode: "KPG-0123456789A", category: "sampah", subtype: "liar",
        description: "Coba", location: Coordinate(lat: -10.15, lon: 123.64), area: "53.71.04.1008",
        isAreaApproximate: true, address: "Jalan Timor Raya 1", externalID: "A-1",
        receivedAt: Timestamp(seconds: 1_764_000_000))
    private static var bare: TestReport {
        var report = whole
        (report.category, report.subtype, report.location) = (nil, nil, nil)
        (report.area, report.address, report.externalID) = (nil, nil, nil)
        return report
    }

    private func answer(_ report: TestReport) throws -> JSONValue {
        try JSONReader.read(report.json(in: NotifierCity.city)).value
    }

    @Test("whatever is known of it, the answer is what the document says of both doors", arguments: doors)
    func answers(door: String) throws {
        let schema = try #require(SchemaCheck.answer(of: "get", door))
        for report in [Self.whole, Self.bare] {
            let answer = try answer(report)
            #expect(SchemaCheck.faults(answer, schema) == [])
            // Nothing that it holds is left out of the document, and it could be taken for nothing else.
            #expect(SchemaCheck.faults(answer, SchemaCheck.schema("TestReport"), isClosed: true) == [])
            #expect(SchemaCheck.faults(answer, SchemaCheck.schema("Report")) != [])
            #expect(SchemaCheck.faults(answer, SchemaCheck.schema("LimitedReport")) != [])
        }
    }

    @Test("the check sees what does not fit")
    func faults() throws {
        guard case .object(var members) = try answer(Self.whole) else { return }
        members["test"] = .bool(false)
        members["description"] = .null
        members["tracking_code"] = .string("KPG-1")
        members["area"] = .object(["code": .string("x")])
        members["id"] = nil
        members["new"] = .int(1)
        let found = SchemaCheck.faults(.object(members), SchemaCheck.schema("TestReport"), isClosed: true)
        #expect(
            Set(found.map { $0.prefix { $0 != ":" } }) == [
                "/test", "/description", "/tracking_code", "/area", "/id", "/new",
            ], "\(found)")
    }
}
