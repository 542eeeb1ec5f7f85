/// A message to the ZeroMQ ingress, read frame by frame: what it asks for, or why it asks for nothing; pure.
///
/// `["sasando/1", request id, "report" | "reports", body]`, after an empty frame where a REQ socket sends it. A
/// report's body is that of `POST /v1/reports`; of `reports` it is NDJSON: a report on each line.
package struct IngressMessage: Hashable, Sendable {
    package enum Request: Hashable, Sendable {
        /// The body, not decoded yet.
        case report([UInt8])
        case reports([IngressLine])

        /// How many reports it holds.
        package var count: Int {
            switch self {
            case .report: 1
            case .reports(let lines): lines.count
            }
        }
    }

    /// Names the protocol and its version, in requests and replies.
    package static let version = Array("sasando/1".utf8)
    private static let report = Array("report".utf8)
    private static let reports = Array("reports".utf8)
    private static let ok = Array("ok".utf8)
    private static let error = Array("error".utf8)

    /// Of a request id, in bytes.
    package static let maximumIDSize = 255
    /// Of a report's body, and of a line, in bytes.
    package static let maximumReportSize = 64 << 10
    /// Of the body of `reports`, in bytes.
    package static let maximumReportsSize = 1 << 20
    /// Reports in one `reports`.
    package static let maximumReports = 1_000
    /// Frames worth receiving; what a longer message holds beyond them does not matter.
    package static let maximumFrames = 6

    /// Whether an empty frame came first; the reply begins with one then.
    package let hasDelimiter: Bool
    /// As it was sent; empty where it could not be read.
    package let requestID: [UInt8]
    package let request: Result<Request, IngressFault>

    /// - Parameters:
    ///   - frames: without the one that a ROUTER puts before them.
    ///   - isCut: whether there were more.
    package init(_ frames: some RandomAccessCollection<[UInt8]>, isCut: Bool = false) {
        hasDelimiter = frames.first?.isEmpty ?? false
        let frames = Array(hasDelimiter ? frames.dropFirst() : frames[...])
        requestID = frames.count > 1 && frames[1].count <= Self.maximumIDSize ? frames[1] : []
        request = Result { () throws(IngressFault) in try Self.read(frames, isCut: isCut) }
    }

    private static func read(_ frames: [[UInt8]], isCut: Bool) throws(IngressFault) -> Request {
        guard frames.first == version else { throw .version }
        guard frames.count == 4, !isCut else { throw .frames }
        guard frames[1].count <= maximumIDSize else { throw .requestID }
        let body = frames[3]
        switch frames[2] {
        case report:
            guard body.count <= maximumReportSize else { throw .tooLarge(limit: maximumReportSize) }
            return .report(body)
        case reports:
            guard body.count <= maximumReportsSize else { throw .tooLarge(limit: maximumReportsSize) }
            let lines = try IngressLine.lines(of: body, limit: maximumReports)
            if lines.isEmpty { throw .noReports }
            return .reports(lines)
        default: throw .command
        }
    }

    /// The reply's frames, without the one by which a ROUTER finds the peer.
    ///
    /// - Parameter isError: whether `json` is a problem (RFC 9457).
    package func reply(_ json: [UInt8], isError: Bool) -> [[UInt8]] {
        let frames = [Self.version, requestID, isError ? Self.error : Self.ok, json]
        return hasDelimiter ? [[]] + frames : frames
    }
}

/// A line of NDJSON that is not blank.
package struct IngressLine: Hashable, Sendable {
    /// Counted from 1, blank lines too: where an editor finds it.
    package var number: Int
    /// Without its line break.
    package var text: [UInt8]

    package init(number: Int, text: [UInt8]) {
        self.number = number
        self.text = text
    }

    /// A mark of byte order at the beginning is let pass. Throws `tooManyReports` beyond `limit`.
    static func lines(of body: [UInt8], limit: Int) throws(IngressFault) -> [IngressLine] {
        let mark = BulkFormat.byteOrderMark
        let body = body.starts(with: mark) ? body[mark.count...] : body[...]
        var lines: [IngressLine] = []
        for (offset, text) in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if text.allSatisfy(isSpace) { continue }
            guard lines.count < limit else { throw .tooManyReports(limit: limit) }
            lines.append(IngressLine(number: offset + 1, text: Array(text)))
        }
        return lines
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}

/// Why a message to the ingress asks for nothing.
package enum IngressFault: Error, Hashable, Sendable {
    /// The first frame names no version that is spoken here.
    case version
    /// There are more or fewer than four.
    case frames
    /// The request id is too long.
    case requestID
    case command
    /// The body has more bytes than this.
    case tooLarge(limit: Int)
    case noReports
    case tooManyReports(limit: Int)

    /// For programs.
    package var code: String {
        switch self {
        case .version: "unknown_version"
        case .frames: "wrong_frame_count"
        case .requestID: "request_id_too_long"
        case .command: "unknown_command"
        case .tooLarge: "too_large"
        case .noReports: "no_reports"
        case .tooManyReports: "too_many_reports"
        }
    }

    /// For who writes the program.
    package var message: String {
        switch self {
        case .version: "The first frame must be sasando/1; nothing else is spoken here."
        case .frames: "A request has four frames: sasando/1, request id, command, body."
        case .requestID: "A request id has at most \(IngressMessage.maximumIDSize) bytes."
        case .command: "The third frame must be report or reports."
        case .tooLarge(let limit): "The body is larger than \(limit) bytes."
        case .noReports: "The body holds no report: put one on each line."
        case .tooManyReports(let limit): "The body holds more than \(limit) reports; send them in several requests."
        }
    }

    /// Whether less of the same could be asked for.
    package var isSize: Bool {
        switch self {
        case .tooLarge, .tooManyReports: true
        case .version, .frames, .requestID, .command, .noReports: false
        }
    }
}
