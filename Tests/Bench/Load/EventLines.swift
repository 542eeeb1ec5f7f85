import Glibc

/// Reads server-sent events from a stream of bytes without decoding what it does not need: the number that a report
/// carries in its description, and the position in the stream.
struct EventLines {
    struct Event {
        /// The number of the report that the event is about; nil for an event that no report of this load caused.
        var number: Int?
        /// The sequence of the cursor.
        var sequence: Int64
    }

    private static let newline = Int32(UInt8(ascii: "\n"))
    private var carried: [UInt8] = []
    private var number: Int?

    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ handle: (Event) -> Void) {
        var start = 0
        while start < bytes.count, let base = bytes.baseAddress {
            guard let found = memchr(base + start, Self.newline, bytes.count - start) else {
                carried.append(contentsOf: bytes[start...])
                return
            }
            let end = UnsafeRawPointer(found) - base
            if carried.isEmpty {
                readLine(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), handle)
            } else {
                carried.append(contentsOf: bytes[start..<end])
                let line = carried
                carried.removeAll(keepingCapacity: true)
                line.withUnsafeBytes { readLine($0, handle) }
            }
            start = end + 1
        }
    }

    /// `data: {…}` holds the number, `id: <epoch>-<seq>` comes last and makes the event complete.
    private mutating func readLine(_ line: UnsafeRawBufferPointer, _ handle: (Event) -> Void) {
        guard line.count > 4 else { return }
        if line[0] == UInt8(ascii: "d") {
            number = LoadReport.number(in: line)
        } else if line[0] == UInt8(ascii: "i"), let dash = line.lastIndex(of: UInt8(ascii: "-")) {
            var sequence: Int64 = 0
            for byte in line[(dash + 1)...] where byte.isDigit { sequence = sequence * 10 + Int64(byte.digit) }
            handle(Event(number: number, sequence: sequence))
            number = nil
        }
    }
}

/// The reports that make up a load.
enum LoadReport {
    private static let marker = Array("Uji beban #".utf8)

    /// A report about rubbish in Oesapa; `number` stands in its description, ten digits wide.
    static func body(number: Int, category: String) -> [UInt8] {
        let digits = String(number)
        let padded = String(repeating: "0", count: 10 - digits.count) + digits
        let lat = -10.14 - Double(number % 97) / 10_000
        let lon = 123.63 + Double(number % 89) / 10_000
        return Array(
            """
            {"category":"\(category)","description":"Uji beban #\(padded): tumpukan sampah di tepi jalan sudah \
            tiga hari tidak diangkut dan mulai berbau; warga meminta agar segera dibersihkan.",\
            "location":{"lat":\(lat),"lon":\(lon),"accuracy_m":12},"landmark":"dekat lapangan"}
            """.utf8)
    }

    /// The number that `body` put into a description, found by its `#`.
    static func number(in line: UnsafeRawBufferPointer) -> Int? {
        guard let base = line.baseAddress else { return nil }
        var start = 0
        while start < line.count, let found = memchr(base + start, Int32(UInt8(ascii: "#")), line.count - start) {
            let at = UnsafeRawPointer(found) - base
            start = at + 1
            let first = at + 1 - marker.count
            guard first >= 0, at + 10 < line.count, line[first...at].elementsEqual(marker) else { continue }
            return line[(at + 1)...(at + 10)].reduce(0) { $0 * 10 + Int($1.digit) }
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var digit: UInt8 { self &- UInt8(ascii: "0") }
}
