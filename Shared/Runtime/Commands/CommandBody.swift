package import Domain
package import Hummingbird
internal import NIOCore
package import Storage

extension Request {
    /// The bytes of a command's body; none at all is as good as `{}`. Throws 415 for a body of another kind than JSON,
    /// 413 and 400 as ``collect(upTo:)``.
    package func collectCommand() async throws -> [UInt8] {
        let bytes = Array(try await collect().readableBytesView)
        guard bytes.isEmpty || mediaType.map({ $0 == "application/json" || $0.hasSuffix("+json") }) == true
        else { throw ProblemDetails.unsupportedMediaType(expected: "application/json") }
        return bytes
    }
}

extension CommandRequest {
    /// Reads a command's body. Throws 400 for unreadable JSON, and 422 with every fault.
    ///
    /// - Parameter byReporter: then what only agencies may say is not read.
    package init(
        _ command: Command, body: [UInt8], byReporter: Bool = false, in city: City, _ language: Language
    ) throws(ProblemDetails) {
        switch Self.read(command, body: body, byReporter: byReporter, at: .now, city: city) {
        case .success(let request): self = request
        case .failure(let faults): throw ProblemDetails(faults, language)
        case nil: throw .badRequest("The body is not readable JSON.")
        }
    }
}

extension CommandKey {
    /// The key of a command's retries, if its request names one. Throws 400 for a key that cannot be one.
    package init?(_ request: Request, body: [UInt8]) throws(ProblemDetails) {
        guard let key = try IdempotencyKeyHeader(request) else { return nil }
        self.init(
            text: key.text,
            requestHash: CommandHash.of(method: request.method.rawValue, path: request.uri.path, body: body))
    }
}
