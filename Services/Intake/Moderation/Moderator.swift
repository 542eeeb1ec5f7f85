internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage
internal import Streams

/// Carries out what the operator decides, and tells the streams that grew by it.
struct Moderator: Sendable {
    let store: ModerationStore
    /// Called with the streams' new heads once they are committed.
    let announce: @Sendable (JurisdictionCode, [StreamHead]) -> Void

    func perform(
        _ request: ModerationRequest, on report: UUID, by principal: Principal, in loaded: LoadedCity
    ) async throws -> ModerationState {
        switch try await store.perform(request, on: report, by: principal.keyID, in: loaded) {
        case .done(let state, let heads):
            announce(loaded.city.code, heads)
            return state
        case .unchanged(let state): return state
        case .notRouted:
            throw ProblemDetails.conflict("The report has not reached an agency yet.", retryAfter_s: 1)
        case .unknownReport: throw ReportAccess.unknown
        }
    }
}
