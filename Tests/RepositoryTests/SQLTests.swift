import Testing

/// SQL is written in `Shared/Storage`, streams' own in `Shared/Streams`, a connection's own in `Shared/PostgreSQL`.
enum SQLPlacement {
    static let homes = ["Shared/Storage/", "Shared/Streams/", "Shared/PostgreSQL/", "Tests/"]

    private static let verbs: Set<String> = [
        "select", "insert", "update", "delete", "with", "create", "alter", "drop", "truncate", "copy", "grant",
        "revoke",
        "lock", "set",
    ]
    /// A line that begins like a statement, in any case. A sentence such as "Update the report" does not.
    nonisolated(unsafe) private static let statement =
        #/
        ^\s*(
            select\s.+ | insert\s+into\b.* | update\s+\S+\s+(as\s+\S+\s+)?set\b.* | update\s+[a-z_.]+\s*$
          | delete\s+from\b.* | with\s+(recursive\s+)?\S+\s*(\(.*\)\s*)?as\s.*
          | (create|alter|drop)\s+(table|role|index|schema|view|policy|function|database|user)\b.*
          | truncate\s+\S+.* | copy\s+\S+\s+(\(.*\)\s*)?(from|to)\b.* | (grant|revoke)\s.+\s(on|to|from)\s.*
          | lock\s+table\b.* | set\s+(local|session)\s+[a-z_.]+\s*(=|to)\s.* | set\s+[a-z_.]+\s*=\s.*
        )
        /#.ignoresCase()
    /// "Select a category" is a text; SQL that begins so names columns and a source, or stands in capitals.
    nonisolated(unsafe) private static let selection = #/^\s*(SELECT\s|(?i:select\s.+\sfrom\s|select\s+\S+\())/#

    static func isSQL(_ literal: String) -> Bool {
        literal.split(separator: "\n").contains { line in
            let first = line.drop { $0.isWhitespace }.prefix { $0.isLetter }.lowercased()
            guard verbs.contains(first), line.prefixMatch(of: statement) != nil else { return false }
            let startsWithSelect = line.drop { $0.isWhitespace }.lowercased().hasPrefix("select")
            return !startsWithSelect || line.prefixMatch(of: selection) != nil
        }
    }

    static func violations(in source: SwiftSource) -> [Violation] {
        guard !homes.contains(where: source.path.hasPrefix), source.path != "Package.swift" else { return [] }
        let literals = source.literals.filter { isSQL($0.text) }
            .map { Violation(path: source.path, line: $0.line, what: "SQL: \($0.text.prefix(60))") }
        let types = source.codeLines.enumerated().filter { $0.element.contains("SQL") }.filter {
            $0.element.contains(#/(^|[^\w.])SQL($|\W)/#)
        }
        .map { Violation(path: source.path, line: $0.offset + 1, what: "the type SQL outside the stores") }
        return literals + types
    }
}

@Suite("SQL")
struct SQLTests {
    @Test("SQL stands in the stores only")
    func onlyInStores() {
        let violations = Checkout.current.swiftSources.flatMap(SQLPlacement.violations)
        #expect(violations.isEmpty, "\(violations.listed)")
    }

    @Test(
        "a statement is recognised",
        arguments: [
            "SELECT 1", "select id from report", "\n    INSERT INTO report", "UPDATE report SET a = 1",
            "update report\n", "DELETE FROM inbox", "WITH moved AS (SELECT 1)", "with recursive a(b) as (",
            "CREATE TABLE a", "TRUNCATE report", "COPY report FROM STDIN", "GRANT SELECT ON a TO b", "select now()",
            "SET LOCAL lock_timeout = 1",
        ])
    func statements(text: String) {
        #expect(SQLPlacement.isSQL(text))
    }

    @Test(
        "a sentence is not taken for a statement",
        arguments: [
            "Select a category", "Update the report", "Delete the file", "With a landmark", "Set the password",
            "Create a key", "select", "Insert coin", "Copy the code", "Lock the door",
        ])
    func sentences(text: String) {
        #expect(!SQLPlacement.isSQL(text))
    }

    @Test("SQL in a service is seen, however it is quoted")
    func seenInAService() {
        let text = """
            let a = "SELECT id FROM report"
            let b = #"delete from inbox"#
            let c = \"\"\"
                WITH gone AS (DELETE FROM inbox RETURNING id)
                \"\"\"
            let d: SQL = fragment
            // let e = "SELECT 1"
            """
        let lines = SQLPlacement.violations(in: SwiftSource(path: "Services/Intake/A.swift", text: text)).map(\.line)
        #expect(Set(lines) == [1, 2, 3, 6])
    }
}
