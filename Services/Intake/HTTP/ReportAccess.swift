internal import Domain
internal import FoundationEssentials
internal import Hummingbird
internal import Runtime
internal import Storage

/// Who may see which report.
struct ReportAccess: Sendable {
    let store: ReportStore
    let identities: IdentityStore
    let authenticator: Authenticator
    let limits: CitizenLimits
    let reporterSecret: [UInt8]

    /// Who reads, if a key or a session is shown, and one taken of that key's rate; nil for anyone else, who has none.
    ///
    /// - Throws: `ProblemDetails` 401 for a token that nobody holds, and 429 where the key's rate is used up.
    func reader(of request: Request, in jurisdiction: JurisdictionCode) async throws -> Principal? {
        let principal = try await authenticator.principalIfAny(of: request, in: jurisdiction)
        if let principal { try limits.check(principal) }
        return principal
    }

    /// A report as this request may see it, by its id or its tracking code.
    ///
    /// - Throws: `ProblemDetails` as ``reader(of:in:)``, for known and unknown reports alike; 404 for an unknown one,
    ///   and, exactly alike, for a private one by its id.
    func view(of name: String, for request: Request, in city: ServedCity) async throws -> PublicView {
        let reader = try await reader(of: request, in: city.city.code)
        return try await view(of: name, by: reader, for: request, in: city)
    }

    /// The same for who is known already.
    func view(
        of name: String, by principal: Principal?, for request: Request, in city: ServedCity
    ) async throws -> PublicView {
        let jurisdiction = city.city.code
        let id = UUID(text: name)
        let tracked: TrackedReport?
        if let id {
            tracked = try await store.report(id: id, in: jurisdiction)
        } else if let code = TrackingCode(parsing: name, defaultPrefix: city.city.trackingPrefix) {
            tracked = try await store.report(trackingCode: code.text, in: jurisdiction)
        } else {
            throw Self.unknown
        }
        guard let tracked else { throw Self.unknown }
        let staff = mayRead(tracked, principal) ? principal : nil
        if isReporter(of: tracked, request) {
            let held = try await identities.held(of: tracked.report.id, in: jurisdiction)
            return PublicView(tracked: tracked, city: city.city, extent: .own, held: held, staff: staff)
        }
        if let staff { return PublicView(tracked: tracked, city: city.city, extent: .own, staff: staff) }
        if tracked.isPublic(in: city.city) { return PublicView(tracked: tracked, city: city.city, extent: .whole) }
        guard id == nil else { throw Self.unknown }
        return PublicView(tracked: tracked, city: city.city, extent: .limited)
    }

    /// The id of a report, whoever asks; nil for an unknown one.
    func id(of name: String, in city: ServedCity) async throws -> UUID? {
        if let id = UUID(text: name) { return id }
        guard let code = TrackingCode(parsing: name, defaultPrefix: city.city.trackingPrefix) else { return nil }
        return try await store.report(trackingCode: code.text, in: city.city.code)?.report.id
    }

    static let unknown = ProblemDetails.notFound("There is no such report.")

    private func mayRead(_ tracked: TrackedReport, _ principal: Principal?) -> Bool {
        guard let principal else { return false }
        if principal.isOperator { return true }
        return principal.agency != nil && principal.agency == tracked.state?.agency
    }

    /// Whether who may see a report so may see one of its photos.
    func maySee(_ photo: ReportPhoto, of view: PublicView) -> Bool {
        if photo.isPublic || view.extent != .own { return photo.isPublic && view.extent != .limited }
        // What an agency keeps with an internal note is its own; what the reporter sent, is for both.
        guard let agency = photo.agency else { return true }
        return view.staff?.isOperator ?? false || view.staff?.agency == agency
    }

    /// Whether the request shows the report's own key.
    func isReporter(of tracked: TrackedReport, _ request: Request) -> Bool {
        let keys = request.reporterKeys
        guard !keys.isEmpty else { return false }
        let own = ReporterKey(report: tracked.report.id, secret: reporterSecret)
        return keys.contains { $0.matches(own) }
    }

    /// The report that a key opens; nil for a key that opens none.
    func report(
        openedBy key: ReporterKey, in jurisdiction: JurisdictionCode
    ) async throws -> (id: UUID, trackingCode: String)? {
        let secret = reporterSecret
        return try await store.report(keyHash: key.lookupHash, in: jurisdiction) { id in
            ReporterKey(report: id, secret: secret).matches(key)
        }
    }
}

extension TrackedReport {
    /// What is sensitive is private in every public answer, also where triage found out only later that it is; and what
    /// the operator has hidden is answered as if it were.
    func isPublic(in city: City) -> Bool {
        !moderation.isHidden
            && city.visibility(chosen: report.visibility, categories: [report.category, state?.category]) == .public
    }
}
