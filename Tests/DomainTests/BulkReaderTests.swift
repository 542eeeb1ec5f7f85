import Domain
import Testing

/// What a reader makes of a text that comes in pieces.
private func records(
    of text: String, _ format: BulkFormat, longest: Int = 64, cutAt cuts: [Int] = []
) -> [CutRecord] {
    let bytes = Array(text.utf8)
    var reader = format.reader(longest: longest)
    var (found, start): ([CutRecord], Int) = ([], 0)
    for cut in cuts + [bytes.count] {
        found += reader.read(Array(bytes[start..<cut]))
        start = cut
    }
    if let last = reader.finish() { found.append(last) }
    return found
}

private func row(_ cells: String...) -> BulkRecord { .row(cells.map { Array($0.utf8) }) }
private func line(_ text: String) -> BulkRecord { .line(Array(text.utf8)) }

@Suite("Bulk readers")
struct BulkReaderTests {
    static let texts: [(BulkFormat, String)] = [
        (.ndjson, "{\"a\":1}\n{\"b\":2}\r\n\n  \n{\"c\":\"ü🔥\"}\r\n\(String(repeating: "x", count: 65))\n{}"),
        (.ndjson, "\u{FEFF}{\"a\":1}\n\u{FEFF}{}\n\(String(repeating: "x", count: 64))\n{}"),
        (.csv, "\u{FEFF}a,b\r\n1,\"x\"\"y\"\r\n\"zwei\r\nZeilen, und\"\"\n\",\n\n,\"\"\r\nx\"y,1\n\"a\"b,2\n3,4\r"),
        (.csv, "\"\u{FEFF}\",ü\n\(String(repeating: "y", count: 70)),\"a\nb\"\nok,1\n\"offen\n1,2"),
    ]

    @Test("wherever an upload is cut into pieces, the records are the same", arguments: texts)
    func everyBoundary(format: BulkFormat, text: String) {
        let whole = records(of: text, format)
        #expect(whole.count >= 4)
        let count = text.utf8.count
        #expect(records(of: text, format, cutAt: Array(0...count)) == whole)
        for first in 0...count {
            #expect(records(of: text, format, cutAt: [first]) == whole, "cut at \(first)")
            for second in first...min(count, first + 4) {
                #expect(records(of: text, format, cutAt: [first, second]) == whole, "cut at \(first), \(second)")
            }
        }
    }

    @Test("lines end in LF or CR LF, empty ones are none, and the last needs no end")
    func lines() {
        let found = records(of: "{}\r\n\n \t\r\n[1]\n\n2", .ndjson)
        #expect(found.map(\.record) == [line("{}"), line("[1]"), line("2")])
        #expect(found.map(\.end) == [4, 13, 15])
        #expect(records(of: "", .ndjson).isEmpty)
        #expect(records(of: "\u{FEFF}", .ndjson).isEmpty)
        #expect(records(of: "\n\n", .ndjson).isEmpty)
    }

    @Test("a mark of byte order is let pass at the beginning, and nowhere else", arguments: [62, 63, 64])
    func mark(count: Int) {
        let text = String(repeating: "x", count: count)
        let found = records(of: "\u{FEFF}\(text)\r\n\u{FEFF}1\n", .ndjson)
        #expect(found.map(\.record) == [line(text), line("\u{FEFF}1")])
        #expect(found.map(\.end) == [count + 5, count + 10])
        #expect(records(of: "\u{FEFF}\(text)xxx\n1", .ndjson).map(\.record) == [.tooLong, line("1")])
        #expect(records(of: "\u{FEFF}\n1", .ndjson).map(\.record) == [line("1")])
    }

    @Test("a line beyond the bound is told, and the next is read", arguments: [63, 64, 65, 66, 500])
    func longLines(count: Int) {
        let text = String(repeating: "x", count: count)
        let expected: [BulkRecord] = [count > 64 ? .tooLong : line(text), line("1")]
        #expect(records(of: "\(text)\n1", .ndjson).map(\.record) == expected)
        #expect(records(of: "\(text)\r\n1\n", .ndjson).map(\.record) == expected)
    }

    @Test(
        "rows are read as RFC 4180 has them",
        arguments: [
            ("a,b\n1,2\n", [row("a", "b"), row("1", "2")]),
            ("a,b\r\n1,2", [row("a", "b"), row("1", "2")]),
            ("\"a\",\"b\"\r\n", [row("a", "b")]),
            ("\"a,b\",\"c\"\"d\",\"e\r\nf\"\n", [row("a,b", "c\"d", "e\r\nf")]),
            (",\n", [row("", "")]),
            ("\"\"\n", [row("")]),
            ("a,\n", [row("a", "")]),
            ("a b, c \n", [row("a b", " c ")]),
            ("\n\r\n \na\n", [row("a")]),
            ("\u{FEFF}\"a\",b\n", [row("a", "b")]),
            ("a\rb\n", [row("a\rb")]),
            ("\"a\"\r", [row("a")]),
            ("", []),
        ] as [(String, [BulkRecord])])
    func rows(text: String, expected: [BulkRecord]) {
        #expect(records(of: text, .csv).map(\.record) == expected)
    }

    @Test(
        "a row that is no CSV is told, and the next is read",
        arguments: ["a\"b,c", "\"a\"b,c", "\"a\" ,c", "a,b\"", "\"a\"\rb", "x\"y,\"over\ntwo lines\""])
    func malformed(text: String) {
        #expect(records(of: "\(text)\n1,2\n", .csv).map(\.record) == [.malformed, row("1", "2")])
        #expect(records(of: text, .csv).map(\.record) == [.malformed])
    }

    @Test("a quoted cell that is never closed is malformed")
    func open() {
        #expect(records(of: "1,2\n\"a\n3,4\n", .csv).map(\.record) == [row("1", "2"), .malformed])
    }

    @Test("a row beyond the bound is told; what its quoted cell holds is no row", arguments: [60, 61, 62, 63, 500])
    func longRows(count: Int) {
        let text = "\"" + String(repeating: "x\n", count: count / 2) + String(repeating: "y", count: count % 2) + "\""
        let found = records(of: "\(text),1\r\n1,2\n", .csv).map(\.record)
        #expect(found.count == 2 && found[1] == row("1", "2"))
        #expect((found[0] == .tooLong) == (count + 4 > 64), "\(found[0])")
    }

    @Test("the longest row that there may be is kept whole, with a return at its end", arguments: ["\n", "\r\n", ""])
    func longest(end: String) {
        let text = String(repeating: "x", count: 64)
        #expect(records(of: text + end, .csv).map(\.record) == [row(text)])
        #expect(records(of: text + "x" + end, .csv).map(\.record) == [.tooLong])
    }
}

@Suite("Columns of reports")
struct ReportColumnTests {
    private func columns(_ names: String...) throws -> ReportColumns {
        try ReportColumns(header: names.map { Array($0.utf8) })
    }

    private func draft(_ columns: ReportColumns, _ cells: String...) throws -> ReportDraft {
        try columns.draft(of: cells.map { Array($0.utf8) }, in: Sample.city)
    }

    @Test("a row gives the report that the JSON object would")
    func sameAsJSON() throws {
        let columns = try columns(
            "category", "description", "location.lat", "location.lon", "location.accuracy_m", "external_id", "rt",
            "media", "reporter.name", "reporter.phone", "reporter.consent.version", "reporter.consent.at",
            "reporter.consent.contact", "attributes", "landmark", "observed_at", "visibility")
        let row = try draft(
            columns, "sampah", "Satu\r\ndua", "-10.15", "123.6", "12", "A-1", "003", "a b", "Ani", "0812", "1",
            "2026-11-24T09:05:00+08:00", "true", #"{"b":1,"a":[true]}"#, "", "2026-11-24T09:00:00Z", "private")
        let json = try ReportDraft.read(
            Array(
                #"""
                {"category":"sampah","description":"Satu\ndua","location":{"lat":-10.15,"lon":123.6,"accuracy_m":12},
                "external_id":"A-1","rt":"003","media":["a","b"],"reporter":{"name":"Ani","phone":"0812","consent":
                {"version":"1","at":"2026-11-24T09:05:00+08:00","contact":true}},"attributes":{"a":[true],"b":1},
                "observed_at":"2026-11-24T09:00:00Z","visibility":"private"}
                """#.utf8))
        #expect(row == json)
        #expect(row.requestHash == json.requestHash && row.faults.isEmpty)
    }

    @Test("empty cells are absent, and what is no number is a fault at its place")
    func faults() throws {
        let columns = try columns("description", "location.lat", "location.lon", "reporter.consent.contact")
        #expect(try draft(columns, "Sampah", "", "", "").location == nil)
        #expect(try draft(columns, "Sampah", "", "", "").reporter == nil)
        let faults = try draft(columns, "", "10,5", "NaN", "ya").faults
        #expect(
            faults.map { "\($0.pointer) \($0.code.rawValue)" } == [
                "/location/lat not_a_number", "/location/lon not_a_number", "/reporter/consent/contact not_a_boolean",
            ])
    }

    @Test("columns that there are not, or twice, are told all at once")
    func unknown() {
        let names = ["description", "Category", "lat", "rt", "rt", "attributes.x", "attributes", "attributes.", ""]
        let faults = #expect(throws: Faults.self) {
            try ReportColumns(header: names.map { Array($0.utf8) })
        }
        #expect(
            faults?.list.map { "\($0.pointer) \($0.code.rawValue)" } == [
                "/Category unknown_column", "/lat unknown_column", "/rt duplicate_member",
                "/attributes duplicate_member", "/attributes. unknown_column", "/ unknown_column",
            ])
    }

    @Test("a row with another number of cells, or not of UTF-8, is no report")
    func unreadable() throws {
        let columns = try columns("description", "area")
        #expect(throws: ReportColumns.Unreadable.cells(3)) { try draft(columns, "a", "b", "c") }
        #expect(throws: ReportColumns.Unreadable.encoding) {
            try columns.draft(of: [[0xFF], [0x61]], in: Sample.city)
        }
    }

    @Test("what is no JSON in the column of attributes stays within it")
    func attributes() throws {
        let columns = try columns("attributes", "description")
        let draft = try draft(columns, #"1,"description":"other""#, "Sampah")
        #expect(draft.description == "Sampah")
        #expect(draft.faults.map(\.pointer) == ["/attributes"])
    }
}
