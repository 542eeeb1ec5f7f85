/// Text building over bytes, for the two formats of this module: JSON log lines
/// and the Prometheus exposition.
struct ByteText {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(text: some StringProtocol) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(byte: UInt8) {
        bytes.append(byte)
    }

    mutating func removeAll(from index: Int) {
        bytes.removeSubrange(index...)
    }

    /// Appends `value` in decimal, padded with zeros to `width`.
    mutating func append(decimal value: Int, width: Int) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends `text` as a JSON string of about `limit` bytes, escapes counted.
    ///
    /// Cut text ends in "…", never inside a character.
    mutating func append(jsonString text: String, limit: Int) {
        bytes.append(UInt8(ascii: "\""))
        let start = bytes.count
        for scalar in text.unicodeScalars {
            guard bytes.count - start < limit else {
                append("…")
                break
            }
            append(jsonScalar: scalar)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(jsonScalar scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": append("\\\"")
        case "\\": append("\\\\")
        case "\n": append("\\n")
        case "\r": append("\\r")
        case "\t": append("\\t")
        case _ where scalar.value < 0x20:
            append("\\u00")
            let digits = "0123456789abcdef".utf8.map { $0 }
            bytes.append(digits[Int(scalar.value >> 4)])
            bytes.append(digits[Int(scalar.value & 15)])
        default:
            bytes.append(contentsOf: UTF8.encode(scalar)!)
        }
    }
}
