/// A value that can be a parameter of a statement, in PostgreSQL's binary format.
///
/// Wrapper types over a `RawRepresentable` that is itself encodable need no code: declaring the conformance is enough.
package protocol PostgresEncodable {
    /// The type the parameter is declared with.
    static var postgresType: PostgresType { get }
    /// Whether the value is SQL's NULL; then `encode` is not called.
    var isPostgresNull: Bool { get }
    /// Appends the value's binary form, without a length.
    func encode(into bytes: inout [UInt8])
}

extension PostgresEncodable {
    package var isPostgresNull: Bool { false }
}

/// A value that can be read out of a column, from PostgreSQL's binary format.
package protocol PostgresDecodable {
    /// Reads a value that is not NULL.
    static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Self
    /// What NULL means: a fault, except for `Optional`.
    static func decodeNull() throws(DecodingFault) -> Self
}

extension PostgresDecodable {
    package static func decodeNull() throws(DecodingFault) -> Self { throw .null }
}

/// A value whose array is a value too. One-dimensional arrays of it (with NULLs as `Optional`) can be sent and read.
///
/// The array's code stands on the element, so that it is compiled once for each element type and not run generically:
/// a batch of 500 rows is a handful of arrays with thousands of elements.
package protocol PostgresArrayElement {
    static var postgresArrayType: PostgresType { get }
    static func encodeArray(_ values: [Self], into bytes: inout [UInt8])
    static func encodeOptionals(_ values: [Self?], into bytes: inout [UInt8])
    static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [Self]
    static func decodeOptionals(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [Self?]
}

/// A scalar that goes both ways, alone or in arrays.
package typealias PostgresCodable = PostgresArrayElement & PostgresDecodable & PostgresEncodable

/// Why bytes are not the value that was asked for. `Row` adds the column and makes it a `PostgresError`.
package enum DecodingFault: Error, Equatable {
    /// NULL, where a value is needed.
    case null
    /// The column has another type than the one asked for.
    case type(PostgresType, wanted: String)
    /// The bytes are not a valid value of their type.
    case malformed(String)
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }

    package var isPostgresNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isPostgresNull
        }
    }

    package func encode(into bytes: inout [UInt8]) {
        if let value = self { value.encode(into: &bytes) }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Wrapped? {
        try Wrapped.decode(bytes, type: type)
    }

    package static func decodeNull() -> Wrapped? { nil }
}

extension RawRepresentable where RawValue: PostgresEncodable, Self: PostgresEncodable {
    package static var postgresType: PostgresType { RawValue.postgresType }
    package var isPostgresNull: Bool { rawValue.isPostgresNull }
    package func encode(into bytes: inout [UInt8]) { rawValue.encode(into: &bytes) }
}

extension RawRepresentable where RawValue: PostgresDecodable, Self: PostgresDecodable {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Self {
        let raw = try RawValue.decode(bytes, type: type)
        guard let value = Self(rawValue: raw) else { throw .malformed("\(raw) is no \(Self.self)") }
        return value
    }
}

extension RawRepresentable where RawValue: PostgresArrayElement, Self: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { RawValue.postgresArrayType }
}
