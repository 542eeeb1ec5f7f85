internal import Domain
internal import Foundation

/// A file that is imported, and how far it is: what a run has seen answered stands beside it, so that the next run goes
/// on there.
final class ImportFile {
    /// As it stands in FILE.import.
    struct State: Codable, Equatable {
        /// Which file, as it was when the import began, and to whom it goes: another one begins anew.
        var size: Int
        var modified: Double
        var address: String
        /// Bytes of the file whose records are answered.
        var offset = 0
        var records = 0
        var stored = 0
        var repeated = 0
        var refused = 0
        /// Bytes of FILE.refused that belong to them.
        var refusedSize = 0
    }

    private(set) var state: State
    let size: Int
    let refusedPath: String
    private let statePath: String
    private let input: FileHandle
    private let refusals: FileHandle
    private var pieces: BulkPieces
    private var ready: [BulkPieces.Piece] = []
    private var isRead = false

    private static let chunk = 1 << 18

    /// - Throws: `Refusal` for a file that cannot be read, and one that was changed since its import began.
    init(path: String, format: BulkFormat, address: String, fresh: Bool) throws {
        guard let input = FileHandle(forReadingAtPath: path),
            let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int
        else { throw Refusal("\(path) is no file that can be read") }
        (self.input, self.size) = (input, size)
        (statePath, refusedPath) = (path + ".import", path + ".refused")
        let modified = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        var state = State(size: size, modified: modified, address: address)
        if !fresh, let bytes = FileManager.default.contents(atPath: statePath) {
            guard let earlier = try? JSONDecoder().decode(State.self, from: bytes) else {
                throw Refusal("\(statePath) cannot be read: --fresh begins anew, and nothing is stored twice")
            }
            guard (earlier.size, earlier.modified, earlier.address) == (size, modified, address) else {
                throw Refusal(
                    "\(path) or --to is not what it was when this import began: --fresh begins anew, and nothing is "
                        + "stored twice")
            }
            state = earlier
        }
        self.state = state
        pieces = try Self.pieces(format, of: input, from: state.offset)
        if !FileManager.default.fileExists(atPath: refusedPath) {
            _ = FileManager.default.createFile(atPath: refusedPath, contents: nil)
        }
        guard let refusals = FileHandle(forWritingAtPath: refusedPath) else {
            throw Refusal("\(refusedPath) cannot be written")
        }
        self.refusals = refusals
        // What was noted down of a piece that is sent again.
        try refusals.truncate(atOffset: UInt64(state.refusedSize))
    }

    /// CSV's header row is at the beginning, wherever the import goes on.
    private static func pieces(_ format: BulkFormat, of input: FileHandle, from offset: Int) throws -> BulkPieces {
        guard offset > 0 else { return BulkPieces(format) }
        var first = BulkPieces(format)
        while format == .csv, first.headerRow == nil, let bytes = try input.read(upToCount: 4_096), !bytes.isEmpty {
            _ = first.read(Array(bytes))
        }
        try input.seek(toOffset: UInt64(offset))
        return BulkPieces(format, from: offset, header: first.headerRow)
    }

    /// What is sent next; nil at the end.
    func next() throws -> BulkPieces.Piece? {
        while ready.isEmpty, !isRead {
            if let bytes = try input.read(upToCount: Self.chunk), !bytes.isEmpty {
                ready = pieces.read(Array(bytes))
            } else {
                isRead = true
                ready = pieces.finish()
            }
        }
        return ready.isEmpty ? nil : ready.removeFirst()
    }

    /// Notes down what became of a piece: first what was refused, then how far the import is.
    func record(_ lines: [ImportDoor.Line], of piece: BulkPieces.Piece) throws {
        var refused: [UInt8] = []
        for line in lines where line.status >= 400 {
            guard case .object(var members) = line.json else { continue }
            members["line"] = .int(Int64(state.records + line.number))
            var writer = JSONWriter()
            JSONValue.object(members).write(to: &writer)
            refused += writer.bytes + [UInt8(ascii: "\n")]
        }
        try refusals.write(contentsOf: Data(refused))
        try refusals.synchronize()
        state.offset = piece.end
        state.records += piece.records
        state.stored += lines.filter { $0.status == 201 }.count
        state.repeated += lines.filter { $0.status == 200 }.count
        state.refused += lines.filter { $0.status >= 400 }.count
        state.refusedSize += refused.count
        // Whole or not at all: the file takes the place of the one before.
        try JSONEncoder().encode(state).write(to: URL(filePath: statePath), options: .atomic)
    }

    /// The whole file is answered.
    func finish() throws -> State {
        try? FileManager.default.removeItem(atPath: statePath)
        if state.refused == 0 { try? FileManager.default.removeItem(atPath: refusedPath) }
        return state
    }
}
