internal import Domain
internal import HTTPTypes
internal import Runtime
internal import Storage

/// What became of one record, as its line of the answer says it.
enum BulkAnswer: Sendable {
    case taken(AdmittedReceipt)
    case refused(status: Int, [ProblemDetails.Entry])

    init(_ problem: ProblemDetails) {
        let whole = ProblemDetails.Entry(
            pointer: "", code: problem.status.code == 503 ? "unavailable" : "refused",
            message: problem.detail ?? problem.title)
        self = .refused(status: problem.status.code, problem.errors.isEmpty ? [whole] : problem.errors)
    }

    static func refused(_ status: HTTPResponse.Status, _ code: String, _ message: String) -> BulkAnswer {
        .refused(status: status.code, [.init(pointer: "", code: code, message: message)])
    }

    static func unreadable(_ message: String) -> BulkAnswer { refused(.badRequest, "unreadable", message) }

    /// Nothing could be stored for too long.
    static let away = refused(
        .serviceUnavailable, "unavailable", "This could not be stored now; send it again, nothing is stored twice.")

    /// The line with its end: `{"line","status","id","tracking_code"}` or `{"line","status","errors"}`.
    ///
    /// - Parameter line: the record's number, counted from 1.
    func bytes(line: Int) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            writer.member("line", line)
            switch self {
            case .taken(let admitted):
                writer.member("status", admitted.isReplay ? 200 : 201)
                writer.member("id", admitted.receipt.id)
                writer.member("tracking_code", admitted.receipt.trackingCode)
            case .refused(let status, let errors):
                writer.member("status", status)
                writer.key("errors")
                writer.array { writer in
                    for error in errors {
                        writer.object {
                            $0.member("pointer", error.pointer)
                            $0.member("code", error.code)
                            $0.member("message", error.message)
                        }
                    }
                }
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
