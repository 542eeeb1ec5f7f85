/// Cuts NDJSON into lines, which end in LF or CR LF; the last one needs no end. A mark of byte order at the beginning
/// is let pass.
package struct LineReader: RecordReader {
    private let longest: Int
    /// The line under way; never longer than the bound, a carriage return and, in the first, a mark of byte order.
    private var line: [UInt8] = []
    private var isTooLong = false
    private var isFirst = true
    private var taken = 0

    /// - Parameter longest: bytes of a line without its end.
    package init(longest: Int = BulkFormat.longestRecord) { self.longest = longest }

    package mutating func read(_ piece: [UInt8]) -> [CutRecord] {
        var records: [CutRecord] = []
        var start = 0
        while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
            add(piece[start..<end])
            if let record = cut() { records.append(CutRecord(record, end: taken + end + 1)) }
            start = end + 1
        }
        add(piece[start...])
        taken += piece.count
        return records
    }

    package mutating func finish() -> CutRecord? { cut().map { CutRecord($0, end: taken) } }

    private mutating func add(_ bytes: ArraySlice<UInt8>) {
        guard !isTooLong else { return }
        let mark = isFirst ? BulkFormat.byteOrderMark.count : 0
        guard line.count + bytes.count <= mark + longest + 1 else {
            isTooLong = true
            line = []
            return
        }
        line.append(contentsOf: bytes)
    }

    private mutating func cut() -> BulkRecord? {
        defer {
            line = []
            isTooLong = false
            isFirst = false
        }
        if isTooLong { return .tooLong }
        if isFirst, line.starts(with: BulkFormat.byteOrderMark) { line.removeFirst(BulkFormat.byteOrderMark.count) }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if line.count > longest { return .tooLong }
        return line.allSatisfy(\.isSpace) ? nil : .line(line)
    }
}

extension UInt8 {
    /// White space within a line.
    var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0D }
}
