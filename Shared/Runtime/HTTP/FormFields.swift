package import Hummingbird

/// The fields of a form or of a query (WHATWG URL, `application/x-www-form-urlencoded`).
///
/// At most ``limit`` fields; what follows is left out.
package struct FormFields: Sendable {
    package static let limit = 256

    /// In the order sent; a name may come more than once.
    package private(set) var fields: [(name: String, value: String)] = []

    /// Fields that are decoded already.
    package init(_ fields: [(name: String, value: String)]) { self.fields = Array(fields.prefix(Self.limit)) }

    package init(_ encoded: some Sequence<UInt8>) {
        var name: [UInt8] = []
        var value: [UInt8] = []
        var isValue = false
        func finish(_ fields: inout [(name: String, value: String)]) {
            guard !(name.isEmpty && value.isEmpty), fields.count < Self.limit else { return }
            fields.append((Self.decoded(name), Self.decoded(value)))
        }
        for byte in encoded {
            switch byte {
            case UInt8(ascii: "&"):
                finish(&fields)
                name.removeAll(keepingCapacity: true)
                value.removeAll(keepingCapacity: true)
                isValue = false
            case UInt8(ascii: "=") where !isValue:
                isValue = true
            default:
                if isValue { value.append(byte) } else { name.append(byte) }
            }
        }
        finish(&fields)
    }

    /// The first value of `name`.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Every value of `name`.
    package func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// Undoes `+` and percent-encoding; what is no valid escape stands for itself.
    private static func decoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "+"):
                result.append(UInt8(ascii: " "))
                index += 1
            case UInt8(ascii: "%"):
                if index + 2 < bytes.count, let byte = Hexadecimal.bytes(Array(bytes[index + 1...index + 2])) {
                    result.append(byte[0])
                    index += 3
                } else {
                    result.append(UInt8(ascii: "%"))
                    index += 1
                }
            case let byte:
                result.append(byte)
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension Request {
    /// The query's fields, decoded.
    package var query: FormFields { FormFields((uri.query ?? "").utf8) }
}

extension FormFields {
    /// `limit` of a query. Throws 400 for anything but a number within the bounds.
    package func pageLimit(in bounds: ClosedRange<Int>, standard: Int) throws(ProblemDetails) -> Int {
        guard let text = self["limit"], !text.isEmpty else { return standard }
        guard let limit = Int(text), bounds.contains(limit) else {
            throw .badRequest("\"limit\" is a whole number from \(bounds.lowerBound) to \(bounds.upperBound).")
        }
        return limit
    }
}
