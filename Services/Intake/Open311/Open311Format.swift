internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Runtime

/// The two representations of every answer; an address ends with the one that is asked for.
enum Open311Format: String, CaseIterable, Sendable {
    case xml, json

    var contentType: String {
        switch self {
        case .xml: "text/xml; charset=utf-8"
        case .json: "application/json; charset=utf-8"
        }
    }

    /// - Parameter root: the outermost element's name in XML.
    func response(
        _ tree: Open311Tree, root: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = contentType
        let bytes =
            switch self {
            case .xml: tree.xml(root: root)
            case .json: tree.json
            }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

/// What is wrong with a request, as Open311 tells it: several things at once, each with a status of its own.
struct Open311Errors: Sendable {
    private(set) var list: [(code: Int, description: String)]

    init() { list = [] }

    private init(list: [(code: Int, description: String)]) { self.list = list }

    mutating func add(_ code: Int, _ description: String) { list.append((code, description)) }

    /// The refusal, if there is a reason for one. A key that is missing or bad outranks what does not exist, and that
    /// the rest.
    ///
    /// - Throws: `ProblemDetails` 403, 404 or 400.
    func check() throws(ProblemDetails) {
        if !list.isEmpty { throw problem }
    }

    private var problem: ProblemDetails {
        let status: HTTPResponse.Status =
            if list.contains(where: { $0.code == 403 }) {
                .forbidden
            } else if list.contains(where: { $0.code == 404 }) {
                .notFound
            } else {
                .badRequest
            }
        return ProblemDetails(
            status, errors: list.map { .init(pointer: "", code: String($0.code), message: $0.description) })
    }

    static func refusal(_ code: Int, _ description: String) -> ProblemDetails {
        Open311Errors(list: [(code, description)]).problem
    }
}

extension Open311Errors {
    /// Any problem in Open311's words; nil for an address that is not of this standard.
    static func response(_ problem: ProblemDetails, to request: Request) -> Response? {
        guard request.hasErrorsOfItsOwn else { return nil }
        let status = status(of: problem.status)
        let errors =
            problem.errors.isEmpty
            ? [(code: String(status.code), description: problem.detail ?? problem.title)]
            : problem.errors.map { entry in
                Int(entry.code) == nil
                    ? (code: String(status.code), description: [entry.pointer, entry.message].joined(separator: " "))
                    : (code: entry.code, description: entry.message)
            }
        let tree = Open311Tree.list(
            of: "error",
            errors.map { .object([("code", .text($0.code)), ("description", .text($0.description))]) })
        let format: Open311Format = request.uri.path.hasSuffix(".json") ? .json : .xml
        return format.response(tree, root: "errors", status: status, headers: problem.headers)
    }

    /// The standard knows 403, 404 and 400 of what a client does wrong. What says when to come back, how much is too
    /// much, or what an address answers, stays as it is.
    private static func status(of status: HTTPResponse.Status) -> HTTPResponse.Status {
        switch status.code {
        case 401: .forbidden
        case 403, 404, 405, 408, 413, 429, 500...: status
        default: .badRequest
        }
    }
}
