import Testing

@testable import PostgreSQL

@Suite("SQL literals")
struct SQLTests {
    @Test("interpolations become numbered parameters")
    func parameters() {
        let sql: SQL = "SELECT \(1) + \(Int32(2)), \("x'; DROP TABLE t; --")"
        #expect(sql.text == "SELECT $1 + $2, $3")
        #expect(sql.parameters.map(\.type) == [.int8, .int4, .text])
        #expect(sql.parameters.map(\.length) == [8, 4, 20])
    }

    @Test("a spliced statement brings its parameters, renumbered")
    func splice() {
        let ids: SQL = "id = ANY(\([1, 2]))"
        let both: SQL = "\(ids) AND name <> \("a")"
        let sql: SQL = "SELECT \(true) WHERE \(both) OR \(ids) LIMIT \(literal: 5)"
        #expect(sql.text == "SELECT $1 WHERE id = ANY($2) AND name <> $3 OR id = ANY($4) LIMIT 5")
        #expect(sql.parameters.map(\.type) == [.bool, .int8Array, .text, .int8Array])
        let direct: SQL = "\([1, 2])"
        for index in [1, 3] {
            let parameter = sql.parameters[index]
            #expect(Array(sql.bytes[parameter.offset..<(parameter.offset + parameter.length)]) == direct.bytes)
        }
    }

    @Test("splicing renumbers past nine")
    func manyParameters() {
        let parts = (1...12).map { number -> SQL in "\(number)" }
        let list = SQL.joined(parts, separator: ", ")
        let sql: SQL = "VALUES (\(0), \(list))"
        #expect(sql.text == "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
        #expect(sql.parameters.map(\.length) == Array(repeating: 8, count: 13))
    }

    @Test("NULL has no bytes and empty text is not NULL")
    func nulls() {
        let sql: SQL = "\(nil as String?) \("") \(.some(nil) as String??)"
        #expect(sql.parameters.map(\.length) == [-1, 0, -1])
    }

    @Test(
        "names are quoted",
        arguments: [("report", "\"report\""), ("a\"b", "\"a\"\"b\""), ("Ä b", "\"Ä b\""), ("a\\b", "\"a\\b\"")])
    func identifiers(name: String, expected: String) {
        let sql: SQL = "TABLE \(identifier: name)"
        #expect(sql.text == "TABLE \(expected)")
        #expect(!sql.isReusable)
    }

    @Test(
        "strings in the text are quoted",
        arguments: [("a'b", "'a''b'"), ("a\\'b", " E'a\\\\''b'"), ("", "''"), ("é\u{301}'", "'é\u{301}'''")])
    func quoted(string: String, expected: String) {
        let sql: SQL = "\(quoted: string)"
        #expect(sql.text == expected)
    }
}
