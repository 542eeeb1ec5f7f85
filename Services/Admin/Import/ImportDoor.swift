internal import Domain
internal import FoundationEssentials
internal import Outbound
internal import Reactor

/// Sends pieces to a front door's bulk upload, and tries again what did not arrive.
struct ImportDoor {
    /// What became of one record.
    struct Line {
        var number: Int
        var status: Int
        /// As it was answered.
        var json: JSONValue
    }

    /// As long as the front door lets an upload take. No answer begins before the last record is taken, and a key's rate
    /// holds up each of them. It is taken of for a repeat too: what is given up too early would be given up for ever.
    static let timeout: Duration = .seconds(6 * 3_600)
    private static let answerLimit_bytes = 32 << 20
    /// After each failed attempt, in seconds; then the run ends, and can be started again.
    private static let pauses = [1, 2, 5, 10, 30, 60, 60, 60]

    private let client: OutboundClient
    private let address: WebAddress
    private let key: String
    private let format: BulkFormat

    init(address text: String, key: String, format: BulkFormat, authorities: String?) throws {
        let base = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let address = WebAddress(base + "/v1/reports/batch", allowsPlain: true) else {
            throw Refusal("--to (or SASANDO_PUBLIC_URL): an address such as https://lapor.example.id")
        }
        // The operator names it, so it may be anywhere; but a key goes over no line that others can read.
        let allowed = address.isSecure ? ["0.0.0.0/0", "::/0"] : ["127.0.0.0/8", "::1"]
        let policy = AddressPolicy(allowed: allowed.compactMap { NetworkBlock(text: $0) })
        guard address.isPermitted(by: policy) else {
            throw Refusal("--to (or SASANDO_PUBLIC_URL): https, or http://127.0.0.1 for this machine")
        }
        client = OutboundClient(
            policy: OutboundPolicy(addresses: policy, authorities: authorities), reactor: Reactor(name: "import"))
        (self.address, self.key, self.format) = (address, key, format)
    }

    /// What became of each record of a piece.
    ///
    /// - Throws: `Refusal` where the whole piece is refused, or nobody takes it for minutes.
    func send(_ piece: BulkPieces.Piece) async throws -> [Line] {
        var reason = ""
        for pause in Self.pauses + [nil] {
            switch await attempt(piece) {
            case .answered(let lines): return lines
            case .refused(let reason): throw Refusal("\(address.origin) refuses: \(reason)")
            case .failed(let why): reason = why
            }
            if let pause { try await Task.sleep(for: .seconds(pause)) }
        }
        throw Refusal("\(address.origin) does not take it: \(reason). Run the same command again to go on.")
    }

    private enum Outcome {
        case answered([Line])
        /// It would be so at every attempt.
        case refused(String)
        case failed(String)
    }

    private func attempt(_ piece: BulkPieces.Piece) async -> Outcome {
        let request = OutboundRequest(
            .post, address, headers: [("Authorization", "Bearer \(key)"), ("Content-Type", format.mediaType)],
            body: piece.bytes, timeout: Self.timeout, answerLimit_bytes: Self.answerLimit_bytes)
        let answer: OutboundAnswer
        do { answer = try await client.send(request) } catch { return .failed(error.description) }
        guard answer.status == 200 else {
            let reason = "\(answer.status) \(Self.detail(of: answer.body))"
            let mayPass = answer.status >= 500 || [408, 429].contains(answer.status)
            return mayPass ? .failed(reason) : .refused(reason)
        }
        let lines = answer.body.split(separator: UInt8(ascii: "\n")).compactMap { Self.line(Array($0)) }
        guard lines.count == piece.records else {
            return .failed("\(piece.records) records were sent, and \(lines.count) answered")
        }
        // A line that could not be stored now can be, later.
        let away = lines.filter { $0.status >= 500 }.count
        return away > 0 ? .failed("\(away) records could not be stored now") : .answered(lines)
    }

    private static func line(_ bytes: [UInt8]) -> Line? {
        guard let json = (try? JSONReader.read(bytes))?.value, case .int(let number)? = json["line"],
            case .int(let status)? = json["status"]
        else { return nil }
        return Line(number: Int(number), status: Int(status), json: json)
    }

    /// What a problem says of itself.
    private static func detail(of body: [UInt8]) -> String {
        guard let problem = (try? JSONReader.read(body))?.value else { return "" }
        var words: [String] = []
        if case .string(let detail)? = problem["detail"] ?? problem["title"] { words.append(detail) }
        if case .array(let errors)? = problem["errors"] {
            for error in errors.prefix(10) {
                if case .string(let message)? = error["message"] { words.append(message) }
            }
        }
        return words.joined(separator: " ")
    }
}
