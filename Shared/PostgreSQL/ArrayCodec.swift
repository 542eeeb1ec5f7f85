// PostgreSQL's binary arrays (src/backend/utils/adt/arrayfuncs.c, array_recv): the number of dimensions, a flag for
// NULLs, the element's type, then for each dimension its length and lower bound, then for each element its length
// (-1 for NULL) and bytes. An empty array has no dimension.

extension PostgresArrayElement where Self: PostgresDecodable & PostgresEncodable {
    package static func encodeArray(_ values: [Self], into bytes: inout [UInt8]) {
        appendArrayHeader(count: values.count, hasNulls: false, element: postgresType, to: &bytes)
        for value in values { bytes.appendWithLength { value.encode(into: &$0) } }
    }

    package static func encodeOptionals(_ values: [Self?], into bytes: inout [UInt8]) {
        let hasNulls = values.contains { $0 == nil }
        appendArrayHeader(count: values.count, hasNulls: hasNulls, element: postgresType, to: &bytes)
        for value in values {
            if let value {
                bytes.appendWithLength { value.encode(into: &$0) }
            } else {
                bytes.appendBigEndian(Int32(-1))
            }
        }
    }

    package static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [Self] {
        var reader = try ArrayReader(bytes, type: type)
        var values: [Self] = []
        values.reserveCapacity(reader.remaining)
        while reader.remaining > 0 {
            let range = try reader.next(in: bytes)
            guard let range else { throw .null }
            values.append(try decode(bytes.extracting(range), type: reader.element))
        }
        return values
    }

    package static func decodeOptionals(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [Self?] {
        var reader = try ArrayReader(bytes, type: type)
        var values: [Self?] = []
        values.reserveCapacity(reader.remaining)
        while reader.remaining > 0 {
            if let range = try reader.next(in: bytes) {
                values.append(try decode(bytes.extracting(range), type: reader.element))
            } else {
                values.append(nil)
            }
        }
        return values
    }
}

private func appendArrayHeader(count: Int, hasNulls: Bool, element: PostgresType, to bytes: inout [UInt8]) {
    bytes.appendBigEndian(Int32(count == 0 ? 0 : 1))
    bytes.appendBigEndian(Int32(hasNulls ? 1 : 0))
    bytes.appendBigEndian(element.rawValue)
    guard count > 0 else { return }
    bytes.reserveCapacity(bytes.count + 8 + count * 12)
    bytes.appendBigEndian(Int32(count))
    bytes.appendBigEndian(Int32(1))
}

/// Walks over a binary array, checking every length before it is believed.
private struct ArrayReader {
    let element: PostgresType
    private(set) var remaining: Int
    private var offset: Int

    init(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) {
        guard bytes.byteCount >= 12 else { throw .malformed("an array of \(bytes.byteCount) bytes") }
        let dimensions = bytes.bigEndian(Int32.self)
        element = PostgresType(bytes.bigEndian(UInt32.self, at: 8))
        switch dimensions {
        case 0:
            remaining = 0
            offset = 12
        case 1:
            guard bytes.byteCount >= 20 else { throw .malformed("an array of \(bytes.byteCount) bytes") }
            let count = Int(bytes.bigEndian(Int32.self, at: 12))
            guard count >= 0, count <= (bytes.byteCount - 20) / 4 else { throw .malformed("\(count) elements") }
            remaining = count
            offset = 20
        default:
            // Other types' first bytes land here as well.
            throw .type(type, wanted: "a one-dimensional array")
        }
    }

    /// The next element's place, or nil for NULL.
    mutating func next(in bytes: RawSpan) throws(DecodingFault) -> Range<Int>? {
        guard offset + 4 <= bytes.byteCount else { throw .malformed("an array that ends early") }
        let length = Int(bytes.bigEndian(Int32.self, at: offset))
        offset += 4
        remaining -= 1
        if length == -1 { return nil }
        guard length >= 0, length <= bytes.byteCount - offset else { throw .malformed("an element of \(length) bytes") }
        defer { offset += length }
        return offset..<(offset + length)
    }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package static var postgresType: PostgresType { Element.postgresArrayType }
    package func encode(into bytes: inout [UInt8]) { Element.encodeArray(self, into: &bytes) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [Element] {
        try Element.decodeArray(bytes, type: type)
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }

    package static func encodeArray(_ values: [Wrapped?], into bytes: inout [UInt8]) {
        Wrapped.encodeOptionals(values, into: &bytes)
    }

    package static func encodeOptionals(_ values: [Wrapped??], into bytes: inout [UInt8]) {
        Wrapped.encodeOptionals(values.map { $0 ?? nil }, into: &bytes)
    }

    package static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [Wrapped?] {
        try Wrapped.decodeOptionals(bytes, type: type)
    }

    package static func decodeOptionals(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [Wrapped??] {
        try Wrapped.decodeOptionals(bytes, type: type)
    }
}

/// `[UInt8]` is `bytea`, and so a scalar on the wire.
extension UInt8: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .bytea }

    package static func encodeArray(_ values: [UInt8], into bytes: inout [UInt8]) {
        bytes.append(contentsOf: values)
    }

    package static func encodeOptionals(_ values: [UInt8?], into bytes: inout [UInt8]) {
        preconditionFailure("bytea has no NULL among its bytes")
    }

    package static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [UInt8] {
        // Text is read too: its bytes go into an answer without becoming a String first.
        guard type == .bytea || type.isTextual else { throw .type(type, wanted: "bytea") }
        return bytes.array
    }

    package static func decodeOptionals(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> [UInt8?] {
        try decodeArray(bytes, type: type)
    }
}

/// `[[UInt8]]` is `bytea[]`.
extension Array: PostgresArrayElement where Element == UInt8 {
    package static var postgresArrayType: PostgresType { .byteaArray }
}
