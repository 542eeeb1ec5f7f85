package import FoundationEssentials

extension Array where Element == UInt8 {
    /// Appends an integer with its most significant byte first, as everything on PostgreSQL's wire.
    @inline(__always)
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe append(contentsOf: $0) }
    }

    /// Appends the length of what `body` appends, and then that.
    @inline(__always)
    mutating func appendWithLength(_ body: (inout [UInt8]) -> Void) {
        let start = count
        appendBigEndian(UInt32(0))
        body(&self)
        let length = UInt32(count - start - 4)
        self[start] = UInt8(truncatingIfNeeded: length >> 24)
        self[start + 1] = UInt8(truncatingIfNeeded: length >> 16)
        self[start + 2] = UInt8(truncatingIfNeeded: length >> 8)
        self[start + 3] = UInt8(truncatingIfNeeded: length)
    }
}

extension RawSpan {
    /// The integer at `offset`, whose bytes the caller knows to be there.
    @inline(__always)
    func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int = 0) -> T {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= byteCount)
        return unsafe T(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    @inline(__always)
    func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(DecodingFault) -> T {
        guard byteCount == MemoryLayout<T>.size else {
            throw .malformed("\(byteCount) bytes instead of \(MemoryLayout<T>.size)")
        }
        return bigEndian(T.self)
    }

    func utf8Text() throws(DecodingFault) -> String {
        let text = unsafe withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .malformed("not UTF-8") }
        return text
    }

    var array: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }
}

extension Bool: PostgresCodable {
    package static var postgresType: PostgresType { .bool }
    package static var postgresArrayType: PostgresType { .boolArray }

    package func encode(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }

    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Bool {
        guard type == .bool else { throw .type(type, wanted: "bool") }
        return try bytes.integer(UInt8.self) != 0
    }
}

extension FixedWidthInteger where Self: BitwiseCopyable {
    /// Reads any of the three integer types, provided that the value fits.
    static func decodeInteger(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Self {
        let wide: Int64
        switch type {
        case .int8: wide = try bytes.integer(Int64.self)
        case .int4: wide = Int64(try bytes.integer(Int32.self))
        case .int2: wide = Int64(try bytes.integer(Int16.self))
        case .oid: wide = Int64(try bytes.integer(UInt32.self))
        default: throw .type(type, wanted: "an integer")
        }
        guard let value = Self(exactly: wide) else { throw .malformed("\(wide) does not fit \(Self.self)") }
        return value
    }
}

extension Int16: PostgresCodable {
    package static var postgresType: PostgresType { .int2 }
    package static var postgresArrayType: PostgresType { .int2Array }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Int16 {
        try decodeInteger(bytes, type: type)
    }
}

extension Int32: PostgresCodable {
    package static var postgresType: PostgresType { .int4 }
    package static var postgresArrayType: PostgresType { .int4Array }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Int32 {
        try decodeInteger(bytes, type: type)
    }
}

extension Int64: PostgresCodable {
    package static var postgresType: PostgresType { .int8 }
    package static var postgresArrayType: PostgresType { .int8Array }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Int64 {
        try decodeInteger(bytes, type: type)
    }
}

extension Int: PostgresCodable {
    package static var postgresType: PostgresType { .int8 }
    package static var postgresArrayType: PostgresType { .int8Array }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(Int64(self)) }
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Int {
        try decodeInteger(bytes, type: type)
    }
}

extension Double: PostgresCodable {
    package static var postgresType: PostgresType { .float8 }
    package static var postgresArrayType: PostgresType { .float8Array }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(bitPattern) }
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Double {
        switch type {
        case .float8: Double(bitPattern: try bytes.integer(UInt64.self))
        case .float4: Double(Float(bitPattern: try bytes.integer(UInt32.self)))
        default: throw .type(type, wanted: "a floating-point number")
        }
    }
}

extension String: PostgresCodable {
    package static var postgresType: PostgresType { .text }
    package static var postgresArrayType: PostgresType { .textArray }
    package func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> String {
        if type == .jsonb { return try JSONB.decode(bytes, type: type).text }
        guard type.isTextual else { throw .type(type, wanted: "text") }
        return try bytes.utf8Text()
    }
}

extension UUID: PostgresCodable {
    package static var postgresType: PostgresType { .uuid }
    package static var postgresArrayType: PostgresType { .uuidArray }

    package func encode(into bytes: inout [UInt8]) {
        unsafe withUnsafeBytes(of: uuid) { unsafe bytes.append(contentsOf: $0) }
    }

    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> UUID {
        guard type == .uuid else { throw .type(type, wanted: "uuid") }
        guard bytes.byteCount == 16 else { throw .malformed("\(bytes.byteCount) bytes instead of 16") }
        return UUID(uuid: unsafe bytes.unsafeLoadUnaligned(as: uuid_t.self))
    }
}

/// JSON text in a `jsonb` column. PostgreSQL parses it and gives it back in its own spelling.
package struct JSONB: PostgresCodable, Hashable, Sendable, ExpressibleByStringLiteral {
    package var text: String

    package init(_ text: String) { self.text = text }
    package init(stringLiteral text: String) { self.text = text }
    /// `bytes` are UTF-8 JSON, as a `JSONEncoder` makes them.
    package init(bytes: some Collection<UInt8>) { text = String(decoding: bytes, as: UTF8.self) }

    package static var postgresType: PostgresType { .jsonb }
    package static var postgresArrayType: PostgresType { .jsonbArray }

    package func encode(into bytes: inout [UInt8]) {
        bytes.append(1)  // the version of jsonb's binary form
        bytes.append(contentsOf: text.utf8)
    }

    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> JSONB {
        switch type {
        case .json: return JSONB(try bytes.utf8Text())
        case .jsonb:
            guard bytes.byteCount >= 1, bytes.bigEndian(UInt8.self) == 1 else {
                throw .malformed("unknown jsonb version")
            }
            return JSONB(try bytes.extracting(droppingFirst: 1).utf8Text())
        default: throw .type(type, wanted: "jsonb")
        }
    }
}
