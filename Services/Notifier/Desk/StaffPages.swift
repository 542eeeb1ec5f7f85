internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// Renders pages for whoever asks: language, city, and who is signed in.
struct StaffPages: Sendable {
    let jurisdiction: JurisdictionCode
    let cities: CityRegistry
    /// Whether the front door speaks TLS, so that cookies may not travel without it.
    let isSecure: Bool

    func frame(_ request: Request, viewer: Principal? = nil) -> Frame {
        let city = cities.city(jurisdiction)?.city
        let path = request.uri.query.map { "\(request.uri.path)?\($0)" } ?? request.uri.path
        return Frame(city: city, now: .now, path: path, viewer: viewer.flatMap { self.viewer($0, in: city, request) })
    }

    private func viewer(_ principal: Principal, in city: City?, _ request: Request) -> Viewer? {
        switch principal.role {
        case .agency(let code):
            Viewer(name: city?.agency(code)?.short ?? code.rawValue, home: principal.home)
        case .operator:
            Viewer(name: Language(request) == .indonesian ? "Pengelola kota" : "City operator", home: principal.home)
        case .integrator: nil
        }
    }

    /// A page; a choice of language in the query is remembered.
    func response(
        _ page: some Page, _ request: Request, status: HTTPResponse.Status = .ok
    ) -> Response {
        var response = Response.html(page.render(language: Language(request)), status: status)
        response.rememberLanguage(of: request, isSecure: isSecure)
        return response
    }

    /// A problem as a page; one that lacks a token is the way to sign in.
    func problem(_ problem: ProblemDetails, _ request: Request) -> Response {
        let frame = frame(request)
        if problem.status == .unauthorized {
            let page = SignIn(frame: frame, returnPath: LocalPath(frame.path))
            return response(page, request, status: .unauthorized)
        }
        // The detail is for programs, in English; the page has words of its own for each status.
        let page = ErrorPage(frame: frame, status: problem.status.code, detail: nil)
        return response(page, request, status: problem.status)
    }
}

extension Principal {
    /// Where signing in leads.
    var home: String {
        switch role {
        case .agency(let code): "/desk/\(code)"
        case .operator: "/dashboard"
        case .integrator: "/"
        }
    }
}
