internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Turns every error into a problem, innermost, before the router makes its own answers of some of them.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = WebContext

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound && error.body == nil {
            throw ProblemDetails.notFound()
        } catch let error as any HTTPResponseError {
            throw ProblemDetails(error)
        }
    }
}

extension ProblemDetails {
    /// What Hummingbird itself throws: unreadable parameters, bodies too large.
    init(_ error: any HTTPResponseError) {
        switch error {
        case let error as HTTPError:
            self.init(error.status, detail: error.body, headers: error.headers)
        case is NIOTooManyBytesError:
            self = .contentTooLarge(limit: HTTPLimits.body)
        default:
            self.init(error.status)
        }
    }
}
