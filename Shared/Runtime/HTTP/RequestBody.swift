internal import FoundationEssentials
internal import HTTPTypes
package import Hummingbird
internal import NIOCore

extension Request {
    /// The whole body, at most `limit` bytes.
    ///
    /// Throws 413 when it is larger, before reading where `Content-Length` says so, and 400
    /// when it is cut short: a request whose connection broke must not pass for a shorter one.
    package func collect(upTo limit: Int = HTTPLimits.body) async throws -> ByteBuffer {
        let announced = headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw ProblemDetails.contentTooLarge(limit: limit) }
        let buffer: ByteBuffer
        do {
            buffer = try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw ProblemDetails.contentTooLarge(limit: limit)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ProblemDetails.badRequest("The body could not be read to its end.")
        }
        if let announced, announced != buffer.readableBytes {
            throw ProblemDetails.badRequest("The body is shorter than Content-Length says.")
        }
        return buffer
    }

    /// The bytes of a JSON body. Throws 415 for another content type, 413 and 400 as ``collect(upTo:)``.
    package func collectJSON(upTo limit: Int = HTTPLimits.body) async throws -> [UInt8] {
        guard let type = mediaType, type == "application/json" || type.hasSuffix("+json") else {
            throw ProblemDetails.unsupportedMediaType(expected: "application/json")
        }
        return Array(try await collect(upTo: limit).readableBytesView)
    }

    /// A JSON body as a value.
    ///
    /// Throws 400 for what is no JSON and 422 with a pointer for JSON of another shape.
    package func decodeJSON<Value: Decodable>(
        _ type: Value.Type = Value.self, upTo limit: Int = HTTPLimits.body
    ) async throws -> Value {
        let bytes = try await collectJSON(upTo: limit)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw ProblemDetails(error)
        }
    }

    /// The fields of a form (`application/x-www-form-urlencoded`). Throws 415 for another content type.
    package func collectForm(upTo limit: Int = HTTPLimits.body) async throws -> FormFields {
        guard mediaType == "application/x-www-form-urlencoded" else {
            throw ProblemDetails.unsupportedMediaType(expected: "application/x-www-form-urlencoded")
        }
        return FormFields(try await collect(upTo: limit).readableBytesView)
    }

    /// The content type without its parameters, in lower case.
    package var mediaType: String? {
        headers[.contentType].map { header in
            String(header.prefix { $0 != ";" && $0 != " " }).lowercased()
        }
    }
}

extension ProblemDetails {
    /// Tells a caller where its JSON has another shape than asked for.
    package init(_ error: DecodingError) {
        switch error {
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self = .badRequest("The body is not readable JSON.")
        case .dataCorrupted(let context):
            self = .unprocessable([.init(at: context.codingPath, "invalid", "is not a valid value")])
        case .keyNotFound(let key, let context):
            self = .unprocessable([.init(at: context.codingPath + [key], "missing", "is missing")])
        case .valueNotFound(_, let context):
            self = .unprocessable([.init(at: context.codingPath, "null", "must not be null")])
        case .typeMismatch(_, let context):
            self = .unprocessable([.init(at: context.codingPath, "type", "is of the wrong type")])
        @unknown default:
            self = .badRequest("The body is not readable JSON.")
        }
    }
}

extension ProblemDetails.Entry {
    fileprivate init(at path: [any CodingKey], _ code: String, _ message: String) {
        let pointer = path.map { key in
            let name = key.intValue.map(String.init) ?? key.stringValue
            return "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
        }
        self.init(pointer: pointer.joined(), code: code, message: message)
    }
}
