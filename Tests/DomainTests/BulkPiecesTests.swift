internal import Domain
internal import Testing

@Suite("Pieces of a bulk upload")
struct BulkPiecesTests {
    private func pieces(_ text: String, _ format: BulkFormat, records: Int, bytes: Int = 1 << 20, by step: Int = 7)
        -> [BulkPieces.Piece]
    {
        var pieces = BulkPieces(format, mostRecords: records, mostBytes: bytes)
        var found: [BulkPieces.Piece] = []
        let all = Array(text.utf8)
        for start in stride(from: 0, to: all.count, by: step) {
            found += pieces.read(Array(all[start..<min(start + step, all.count)]))
        }
        return found + pieces.finish()
    }

    private func texts(_ pieces: [BulkPieces.Piece]) -> [String] {
        pieces.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test("lines are cut after so many, whatever they come in", arguments: [1, 3, 7, 1_000])
    func lines(step: Int) {
        let text = "{1}\n{2}\r\n\n{3}\n  \n{4}\n{5}"
        let found = pieces(text, .ndjson, records: 2, by: step)
        #expect(texts(found) == ["{1}\n{2}\r\n", "\n{3}\n  \n{4}\n", "{5}"])
        #expect(found.map(\.records) == [2, 2, 1])
        #expect(found.map(\.end) == [9, 21, 24])
    }

    @Test("each piece of CSV begins with the header row, and a line end in quotation marks cuts nothing")
    func rows() {
        let text = "a,b\r\n1,\"x\ny\"\r\n2,z\r\n3,\"\"\r\n"
        let found = pieces(text, .csv, records: 2)
        #expect(texts(found) == ["a,b\r\n1,\"x\ny\"\r\n2,z\r\n", "a,b\r\n3,\"\"\r\n"])
        #expect(found.last?.end == text.utf8.count)
    }

    @Test("a piece is no larger than it may be, but for a record that is so alone")
    func sizes() {
        let found = pieces("{1}\n{22222222}\n{3}\n{4}\n", .ndjson, records: 100, bytes: 8)
        #expect(texts(found) == ["{1}\n", "{22222222}\n", "{3}\n{4}\n"])
        #expect(pieces("", .ndjson, records: 2) == [] && pieces("a,b\n", .csv, records: 2) == [])
    }

    @Test("going on behind a piece gives the rest as it would have come", arguments: [BulkFormat.ndjson, .csv])
    func resuming(format: BulkFormat) {
        let text = (format == .csv ? "a\n" : "") + (1...9).map { "\($0)\n" }.joined()
        let whole = pieces(text, format, records: 2)
        for (index, piece) in whole.enumerated() {
            let header = format == .csv ? Array("a\n".utf8) : nil
            var rest = BulkPieces(format, from: piece.end, header: header, mostRecords: 2)
            let found = rest.read(Array(text.utf8)[piece.end...].map(\.self)) + rest.finish()
            #expect(found == Array(whole[(index + 1)...]))
        }
    }
}
