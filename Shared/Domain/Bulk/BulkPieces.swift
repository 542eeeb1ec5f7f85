/// Cuts a long upload into shorter ones, each of which can be sent by itself: pure.
///
/// No record is cut apart, and each piece of CSV begins with the header row.
package struct BulkPieces: Sendable {
    /// One shorter upload.
    package struct Piece: Hashable, Sendable {
        package var bytes: [UInt8]
        /// Records in it, without the header row.
        package var records: Int
        /// Bytes of the whole upload up to its end.
        package var end: Int
    }

    /// Records of one piece, where nothing else is said.
    package static let mostRecords = 1_000

    private let mostRecords: Int
    private let mostBytes: Int
    private var reader: any RecordReader
    /// The header row with its end; nil where there is none or it has not come yet.
    private var header: [UInt8]?
    private let hasHeader: Bool
    /// What came and is in no piece yet.
    private var pending: [UInt8] = []
    /// Bytes of the whole upload before `pending`.
    private var start = 0
    /// Bytes of the reader's own count before its first one.
    private var base = 0
    /// Records that ended in `pending`, and where the last of them did.
    private var records = 0
    private var end = 0

    /// - Parameters:
    ///   - mostRecords: of one piece.
    ///   - mostBytes: of one piece, if it holds more than one record.
    package init(_ format: BulkFormat, mostRecords: Int = BulkPieces.mostRecords, mostBytes: Int = 1 << 20) {
        self.mostRecords = mostRecords
        self.mostBytes = mostBytes
        reader = format.reader()
        hasHeader = format == .csv
    }

    /// To go on behind an earlier piece.
    ///
    /// - Parameters:
    ///   - offset: the end of that piece; what is read then begins there.
    ///   - header: the header row with its end, for CSV.
    package init(_ format: BulkFormat, from offset: Int, header: [UInt8]?, mostRecords: Int = BulkPieces.mostRecords) {
        self.init(format, mostRecords: mostRecords)
        self.header = header
        (start, end, base) = (offset, offset, offset)
    }

    /// The header row with its end, once it has come.
    package var headerRow: [UInt8]? { header }

    /// The pieces that are whole now.
    package mutating func read(_ bytes: [UInt8]) -> [Piece] {
        pending += bytes
        return reader.read(bytes).flatMap { add($0) }
    }

    /// What is left.
    package mutating func finish() -> [Piece] {
        let last = reader.finish().map { add($0) } ?? []
        return last + [cut()].compactMap(\.self)
    }

    /// Counts a record; gives the pieces that it ends.
    private mutating func add(_ record: CutRecord) -> [Piece] {
        let ended = base + record.end
        if hasHeader, header == nil {
            header = Array(pending[..<(ended - start)])
            pending.removeFirst(ended - start)
            (start, end) = (ended, ended)
            return []
        }
        // One that would make the piece too large begins the next.
        let before = ended - start > mostBytes ? cut() : nil
        records += 1
        end = ended
        let with = records >= mostRecords ? cut() : nil
        return [before, with].compactMap(\.self)
    }

    private mutating func cut() -> Piece? {
        guard records > 0 else { return nil }
        let piece = Piece(bytes: (header ?? []) + pending[..<(end - start)], records: records, end: end)
        pending.removeFirst(end - start)
        start = end
        records = 0
        return piece
    }
}
