/// Cuts CSV (RFC 4180) into rows: cells apart by commas, quoted where they hold commas, line ends or quotation marks
/// (doubled). Rows end in CR LF or LF; a mark of byte order at the beginning is let pass.
///
/// A row with a quotation mark where none may stand, and a quoted cell that the upload's end cuts off, are malformed.
/// Such a row ends at the next line end outside quotation marks, and so does one that is too long: what a quoted cell
/// holds is never taken for a row.
package struct CSVReader: RecordReader {
    private enum Place {
        /// Nothing of the cell has come yet.
        case cellStart
        case bare
        case quoted
        /// Behind a quotation mark in a quoted cell: the cell's end, or the first half of a doubled one.
        case mark
        /// Behind a quoted cell, and the carriage return of the row's end.
        case markAndReturn
    }

    private let longest: Int
    private var place = Place.cellStart
    private var cells: [[UInt8]] = []
    private var cell: [UInt8] = []
    /// Bytes of the row so far, marks and all.
    private var size = 0
    private var isQuoted = false
    private var isMalformed = false
    private var taken = 0
    /// How much of the mark of byte order may yet come.
    private var markLeft = BulkFormat.byteOrderMark[...]

    /// - Parameter longest: bytes of a row without its end.
    package init(longest: Int = BulkFormat.longestRecord) { self.longest = longest }

    package mutating func read(_ piece: [UInt8]) -> [CutRecord] {
        var records: [CutRecord] = []
        for byte in piece {
            taken += 1
            if let expected = markLeft.first {
                if byte == expected {
                    markLeft.removeFirst()
                    continue
                }
                // What began like it and is none belongs to the first cell.
                let begun = BulkFormat.byteOrderMark.prefix(BulkFormat.byteOrderMark.count - markLeft.count)
                markLeft = []
                for byte in begun { _ = take(byte) }
            }
            if take(byte), let record = cut() { records.append(CutRecord(record, end: taken)) }
        }
        return records
    }

    package mutating func finish() -> CutRecord? {
        if place == .quoted { isMalformed = true }
        if place == .bare, cell.last == UInt8(ascii: "\r") { cell.removeLast() }
        guard size > 0 else { return nil }
        return cut().map { CutRecord($0, end: taken) }
    }

    /// Says whether the byte ended a row.
    private mutating func take(_ byte: UInt8) -> Bool {
        switch (place, byte) {
        case (.cellStart, UInt8(ascii: "\n")), (.bare, UInt8(ascii: "\n")):
            if place == .bare, cell.last == UInt8(ascii: "\r") {
                cell.removeLast()
                size -= 1
            }
            return true
        case (.mark, UInt8(ascii: "\n")):
            return true
        case (.markAndReturn, UInt8(ascii: "\n")):
            size -= 1
            return true
        default: break
        }
        size += 1
        switch (place, byte) {
        case (.cellStart, UInt8(ascii: ",")), (.bare, UInt8(ascii: ",")), (.mark, UInt8(ascii: ",")): endCell()
        case (.cellStart, UInt8(ascii: "\"")):
            place = .quoted
            isQuoted = true
        case (.quoted, UInt8(ascii: "\"")): place = .mark
        case (.mark, UInt8(ascii: "\"")):
            place = .quoted
            keep(byte)
        case (.mark, UInt8(ascii: "\r")): place = .markAndReturn
        case (.quoted, _): keep(byte)
        case (.cellStart, _):
            place = .bare
            keep(byte)
        default:
            // Bare text with a quotation mark in it, or text behind the closing one.
            if place != .bare || byte == UInt8(ascii: "\"") { isMalformed = true }
            place = .bare
            keep(byte)
        }
        return false
    }

    private mutating func keep(_ byte: UInt8) {
        // A carriage return more may turn out to be of the row's end.
        if size <= longest + 1, !isMalformed { cell.append(byte) }
    }

    private mutating func endCell() {
        if size <= longest + 1, !isMalformed { cells.append(cell) }
        cell = []
        place = .cellStart
    }

    private mutating func cut() -> BulkRecord? {
        endCell()
        defer {
            cells = []
            size = 0
            isQuoted = false
            isMalformed = false
        }
        if size > longest { return .tooLong }
        if isMalformed { return .malformed }
        if cells.count == 1, !isQuoted, cells[0].allSatisfy(\.isSpace) { return nil }
        return .row(cells)
    }
}
