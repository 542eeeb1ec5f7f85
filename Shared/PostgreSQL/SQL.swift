/// A statement whose interpolations become parameters (`$1`, `$2`, …), never text.
///
///     let sql: SQL = "SELECT text FROM stream_event WHERE stream = \(stream) AND seq > \(position) LIMIT \(literal: 500)"
///
/// It can only be written as a literal, so no input can become part of a statement. A `SQL` inside a `SQL` is spliced.
package struct SQL: ExpressibleByStringInterpolation, Hashable, Sendable, CustomStringConvertible {
    struct Parameter: Hashable {
        var type: PostgresType
        /// Where the binary value begins in `bytes`.
        var offset: Int
        /// The value's length in bytes; -1 for NULL.
        var length: Int
        /// Where `$n` begins in `text`, in UTF-8 code units, for splicing.
        var position: Int
    }

    package private(set) var text: String
    private(set) var parameters: [Parameter]
    private(set) var bytes: [UInt8]
    /// Whether preparing it pays: text with names in it is for one use.
    private(set) var isReusable: Bool

    package var parameterCount: Int { parameters.count }
    package var description: String { text }

    package init(stringLiteral value: StaticString) {
        text = value.description
        parameters = []
        bytes = []
        isReusable = true
    }

    package init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    private init(capacity: Int, parameters count: Int) {
        text = ""
        text.reserveCapacity(capacity + 3 * count)
        parameters = []
        parameters.reserveCapacity(count)
        bytes = []
        isReusable = true
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql: SQL

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql = SQL(capacity: literalCapacity, parameters: interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { unsafe sql.text.append(String(decoding: $0, as: UTF8.self)) }
        }

        /// A parameter: sent beside the text, in binary.
        package mutating func appendInterpolation(_ value: some PostgresEncodable) {
            sql.append(value)
        }

        /// Another statement's text and parameters, in this place.
        package mutating func appendInterpolation(_ other: SQL) {
            sql.append(other)
        }

        /// A number in the text itself, for the planner to see (LIMIT).
        package mutating func appendInterpolation(literal number: Int) {
            sql.text += String(number)
        }

        /// A quoted name of a table, role or database.
        package mutating func appendInterpolation(identifier name: String) {
            sql.isReusable = false
            sql.appendQuoted(name, with: "\"")
        }

        /// A quoted string in the text itself, for the statements that take no parameters (`ALTER ROLE … PASSWORD`).
        package mutating func appendInterpolation(quoted string: String) {
            sql.isReusable = false
            if string.contains("\\") { sql.text += " E" }
            sql.appendQuoted(string, with: "'")
        }
    }

    /// Text and types only, to be kept for long.
    var withoutValues: SQL {
        var copy = self
        copy.bytes = []
        return copy
    }

    /// Statements after one another with `separator` between them: `["a = \(1)", "b = \(2)"].joined(" AND ")`.
    package static func joined(_ parts: some Sequence<SQL>, separator: SQL) -> SQL {
        var result = SQL(capacity: 0, parameters: 0)
        var isFirst = true
        for part in parts {
            if !isFirst { result.append(separator) }
            isFirst = false
            result.append(part)
        }
        return result
    }

    private mutating func append(_ value: some PostgresEncodable) {
        let offset = bytes.count
        let isNull = value.isPostgresNull
        if !isNull { value.encode(into: &bytes) }
        parameters.append(
            Parameter(
                type: type(of: value).postgresType, offset: offset, length: isNull ? -1 : bytes.count - offset,
                position: text.utf8.count))
        text += "$\(parameters.count)"
    }

    private mutating func append(_ other: SQL) {
        isReusable = isReusable && other.isReusable
        var copied = other.text.utf8.startIndex
        var position = 0
        for (index, parameter) in other.parameters.enumerated() {
            let start = other.text.utf8.index(copied, offsetBy: parameter.position - position)
            text += other.text[copied..<start]
            let digits = String(index + 1).utf8.count
            position = parameter.position + 1 + digits
            copied = other.text.utf8.index(start, offsetBy: 1 + digits)
            parameters.append(
                Parameter(
                    type: parameter.type, offset: bytes.count + parameter.offset, length: parameter.length,
                    position: text.utf8.count))
            text += "$\(parameters.count)"
        }
        text += other.text[copied...]
        bytes.append(contentsOf: other.bytes)
    }

    private mutating func appendQuoted(_ string: String, with quote: Character) {
        text.append(quote)
        for character in string.unicodeScalars {
            precondition(character != "\0", "a name cannot contain NUL")
            if Character(character) == quote || (quote == "'" && character == "\\") {
                text.unicodeScalars.append(character)
            }
            text.unicodeScalars.append(character)
        }
        text.append(quote)
    }
}
