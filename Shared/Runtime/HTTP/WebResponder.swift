internal import HTTPTypes
package import Hummingbird
internal import Logging
internal import NIOCore
internal import Telemetry

/// Makes a page of a problem for people with a browser, and another standard's answer where that has errors of its own;
/// nil leaves the JSON.
package typealias ProblemPage = @Sendable (ProblemDetails, Request, WebContext) -> Response?

/// One request from head to response: routing, errors, headers, metrics and the access log.
///
/// All of it stands in one place instead of a chain of middlewares, because every
/// request pays for each link.
struct WebResponder: Sendable {
    let router: RouterResponder<WebContext>
    let routes: RouteTable
    let page: ProblemPage?
    let security: SecurityHeaders
    let logger: Logger
    private let metrics = HTTPMetrics()
    private let date = HTTPDate()

    init(
        router: Router<WebContext>, page: ProblemPage?, security: SecurityHeaders, logger: Logger
    ) {
        self.router = router.buildResponder()
        routes = RouteTable(router)
        self.page = page
        self.security = security
        self.logger = logger
    }

    func respond(to request: Request, on channel: any Channel) async -> Response {
        let start = ContinuousClock.now
        let context = WebContext(source: .init(channel: channel, logger: logger))
        var response: Response
        do {
            response = try await router.respond(to: request, context: context)
        } catch {
            response = answer(to: error, request, context)
        }
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.date] = date.now()
        response.headers[.server] = "sasando"
        let path = request.uri.path
        security.apply(to: &response, path: path)
        let elapsed = ContinuousClock.now - start
        let route = context.endpointPath.flatMap { $0 == "NotFound" ? nil : $0 }
        metrics.record(
            route: route, method: request.method.rawValue, status: response.status.code,
            nanoseconds: elapsed.nanoseconds)
        if logger.logLevel <= .debug { log(request, context, response, route, elapsed) }
        return response
    }

    private func answer(to error: any Error, _ request: Request, _ context: WebContext) -> Response {
        var problem = problem(of: error, request, context)
        if problem.status == .notFound, context.endpointPath == "NotFound" {
            let methods = routes.methods(of: request.uri.path)
            if !methods.isEmpty { problem = .methodNotAllowed(allow: methods) }
        }
        if let page, request.prefersHTML || request.hasErrorsOfItsOwn, var response = page(problem, request, context) {
            for field in problem.headers where !response.headers.contains(field.name) {
                response.headers.append(field)
            }
            return response
        }
        return problem.response()
    }

    private func problem(of error: any Error, _ request: Request, _ context: WebContext) -> ProblemDetails {
        switch error {
        case let problem as ProblemDetails:
            return problem
        case let error as any ProblemConvertible:
            let problem = error.problem
            if problem.status.code >= 500 {
                report(error, request, context, level: problem.status == .internalServerError ? .error : .warning)
            }
            return problem
        case let error as any HTTPResponseError:
            return ProblemDetails(error)
        case is CancellationError:
            return .unavailable("This server is stopping; send the request again.")
        default:
            report(error, request, context, level: .error)
            return .internalError
        }
    }

    private func report(_ error: any Error, _ request: Request, _ context: WebContext, level: Logger.Level) {
        logger.log(
            level: level, "Request failed",
            metadata: [
                LogKey.error: "\(error)", LogKey.method: "\(request.method.rawValue)",
                LogKey.route: "\(context.endpointPath ?? "unmatched")",
            ])
    }

    private func log(
        _ request: Request, _ context: WebContext, _ response: Response, _ route: String?, _ elapsed: Duration
    ) {
        // The route alone: a path may hold what a person typed, or a key.
        logger.debug(
            "Request",
            metadata: [
                LogKey.method: "\(request.method.rawValue)",
                LogKey.route: "\(route ?? "unmatched")",
                LogKey.status: .stringConvertible(response.status.code),
                LogKey.duration: .stringConvertible(Double(elapsed.nanoseconds / 1000) / 1000),
            ])
    }
}

extension Duration {
    /// Whole nanoseconds.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

extension Request {
    /// Whether a browser asks for a page: HTML is named in `Accept`, and the address is no machine's door.
    package var prefersHTML: Bool {
        guard let accept = headers[.accept], !uri.path.hasPrefix("/v1/") else { return false }
        return accept.contains("text/html")
    }

    /// Whether the address belongs to a standard that says itself what an error looks like.
    package var hasErrorsOfItsOwn: Bool { uri.path.hasPrefix("/open311/") }
}
