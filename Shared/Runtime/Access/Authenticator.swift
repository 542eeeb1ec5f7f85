internal import CoreMetrics
package import Domain
package import Hummingbird
internal import Synchronization
internal import Telemetry

/// Finds out who holds a token, asking the store at most once in a few seconds for each.
///
/// A key that is revoked works for at most ``positiveSeconds`` longer.
package final class Authenticator: Sendable {
    /// Who holds the token with this hash in this city, or nil for nobody.
    package typealias Lookup = @Sendable (TokenHash, JurisdictionCode) async throws -> Principal?

    private struct Key: Hashable, Sendable {
        let hash: TokenHash
        let jurisdiction: JurisdictionCode
    }

    package static let positiveSeconds = 3
    package static let negativeSeconds = 1
    /// The most answers kept.
    private static let limit = 10_000

    private let lookup: Lookup
    private let sameOrigin: SameOrigin
    private let answers: AnswerCache<Key, Principal>
    private let found = Counter(.authenticationLookups, [("outcome", "found")])
    private let unknown = Counter(.authenticationLookups, [("outcome", "unknown")])

    package init(publicURL: String?, lookup: @escaping Lookup) {
        self.lookup = lookup
        sameOrigin = SameOrigin(publicURL: publicURL)
        answers = AnswerCache(
            limit: Self.limit, positive: .seconds(Self.positiveSeconds), negative: .seconds(Self.negativeSeconds))
    }

    /// Who asks, or nil for someone without a token.
    ///
    /// Throws 401 for a token that nobody holds, and 403 for a session cookie that
    /// another site made a browser send with an unsafe method.
    package func principalIfAny(
        of request: Request, in jurisdiction: JurisdictionCode
    ) async throws -> Principal? {
        guard let credential = try request.credential() else { return nil }
        if case .session = credential { try sameOrigin.check(request) }
        if let principal = try await principal(holding: credential.token, in: jurisdiction) { return principal }
        switch credential {
        case .bearer: throw ProblemDetails.unauthorized("Nobody holds this key, or it was revoked.")
        // A session that has ended is as good as none.
        case .session: return nil
        }
    }

    /// Who asks. Throws 401 for someone without a good token, else as ``principalIfAny(of:in:)``.
    package func principal(of request: Request, in jurisdiction: JurisdictionCode) async throws -> Principal {
        guard let principal = try await principalIfAny(of: request, in: jurisdiction) else {
            throw ProblemDetails.unauthorized("This needs a key: send \"Authorization: Bearer sas_…\", or sign in.")
        }
        return principal
    }

    /// Who holds a token, from the cache or the store.
    package func principal(holding token: Token, in jurisdiction: JurisdictionCode) async throws -> Principal? {
        let key = Key(hash: token.hash, jurisdiction: jurisdiction)
        return try await answers.value(for: key) { [lookup, found, unknown] in
            let principal = try await lookup(key.hash, key.jurisdiction)
            (principal == nil ? unknown : found).increment()
            return principal
        }
    }

    /// Forgets what is known of a token, after its session was closed here.
    package func forget(_ token: Token, in jurisdiction: JurisdictionCode) {
        answers.remove(Key(hash: token.hash, jurisdiction: jurisdiction))
    }
}
