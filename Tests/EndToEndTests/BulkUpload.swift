internal import Domain
internal import TestSupport

/// A bulk upload, as a test sends it.
enum BulkUpload {
    static let path = "/v1/reports/batch"
    static let patience: Duration = .seconds(120)

    /// One line of an answer.
    struct Line: Sendable {
        let number: Int
        let status: Int
        let id: String?
        /// As `pointer code`.
        let faults: [String]

        init(_ json: JSONValue) {
            number = Int(json["line"]?.number ?? 0)
            status = Int(json["status"]?.number ?? 0)
            id = json["id"]?.text
            faults = (json["errors"]?.elements ?? []).map { "\($0["pointer"]?.text ?? "?") \($0["code"]?.text ?? "?")" }
        }
    }

    static func lines(of answer: Answer) throws -> [Line] {
        try answer.bytes.split(separator: UInt8(ascii: "\n")).map { Line(try JSONValue(parsing: Array($0))) }
    }

    static func ndjson(_ reports: [JSONValue]) -> String { reports.map { $0.json + "\n" }.joined() }

    /// A report with an external id of its own.
    static func report(_ run: String, _ n: Int) -> JSONValue {
        Sample.report(number: n).body.setting("external_id", .string("\(run)-\(n)"))
    }

    static func send(
        _ text: String, type: String = "application/x-ndjson", to door: Door
    ) async throws -> Answer {
        try await door.send("POST", path, type: type, body: Array(text.utf8), patience: patience)
    }
}
