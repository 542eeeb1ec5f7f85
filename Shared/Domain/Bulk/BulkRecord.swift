/// One record of a bulk upload, cut out but not judged.
package enum BulkRecord: Hashable, Sendable {
    /// A line of NDJSON without its end.
    case line([UInt8])
    /// The cells of a row of CSV, without their quotation marks.
    case row([[UInt8]])
    /// Beyond the reader's bound; it was let go of, and what follows it can be read.
    case tooLong
    /// A row that is no CSV.
    case malformed
}

/// A record, and where it ended.
package struct CutRecord: Hashable, Sendable {
    package var record: BulkRecord
    /// Bytes of the upload up to here, with the record's own end.
    package var end: Int

    package init(_ record: BulkRecord, end: Int) {
        self.record = record
        self.end = end
    }
}

/// Cuts an upload that comes in pieces of any size into its records: pure, and bounded by the longest record.
///
/// What holds nothing but white space is no record.
package protocol RecordReader: Sendable {
    /// The records that end in this piece.
    mutating func read(_ piece: [UInt8]) -> [CutRecord]
    /// The record that the upload's end has ended, if one was under way.
    mutating func finish() -> CutRecord?
}

/// What a bulk upload may be.
package enum BulkFormat: String, Hashable, Sendable, CaseIterable {
    case ndjson, csv

    /// UTF-8's mark of byte order, which some programs put at the beginning of a file.
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Bytes of one record at most.
    package static let longestRecord = 65_536

    package var mediaType: String {
        switch self {
        case .ndjson: "application/x-ndjson"
        case .csv: "text/csv"
        }
    }

    /// Nil for any other type.
    ///
    /// - Parameter mediaType: in lower case, without parameters.
    package init?(mediaType: String) {
        guard let format = Self.allCases.first(where: { $0.mediaType == mediaType }) else { return nil }
        self = format
    }

    package func reader(longest: Int = longestRecord) -> any RecordReader {
        switch self {
        case .ndjson: LineReader(longest: longest)
        case .csv: CSVReader(longest: longest)
        }
    }
}
