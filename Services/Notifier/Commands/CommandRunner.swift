internal import Domain
internal import FoundationEssentials
internal import Logging
internal import Runtime
internal import Storage
internal import Streams

/// Carries an agency's commands out: decides, files, and tells the others.
struct CommandRunner: Sendable {
    let jurisdiction: JurisdictionCode
    let agency: AgencyCode
    let store: CommandStore
    /// Called with the streams' new heads once they are committed.
    let announce: @Sendable ([StreamHead]) -> Void
    let reportLog: ReportLog
    private let attempts: CommandAttempts

    init(
        jurisdiction: JurisdictionCode, agency: AgencyCode, store: CommandStore, logger: Logger,
        reportLog: ReportLog, announce: @escaping @Sendable ([StreamHead]) -> Void
    ) {
        self.jurisdiction = jurisdiction
        self.agency = agency
        self.store = store
        attempts = CommandAttempts(logger: logger)
        self.reportLog = reportLog
        self.announce = announce
    }

    /// - Parameter key: without one, a key of this attempt alone still settles a commit whose end was not seen.
    func run(
        _ request: CommandRequest, on report: UUID, key: CommandKey, in loaded: LoadedCity
    ) async throws -> CommandResult {
        let result = try await attempts.carryOut(request.command, on: report) {
            try await perform(request, on: report, key: key, in: loaded)
        }
        if case .done(_, let version, let heads, let trace) = result {
            announce(heads)
            reportLog.noteCommand(request.command, on: report, by: agency, version: version, trace: trace)
        }
        return result
    }

    /// The answer to a command that was sent before under this key; nil when there is none.
    func earlier(_ key: CommandKey, on report: UUID) async throws -> CommandResult? {
        try await attempts.earlier { try await store.receipt(of: key, on: report, by: agency, in: jurisdiction) }
    }

    private func perform(
        _ request: CommandRequest, on report: UUID, key: CommandKey, in loaded: LoadedCity
    ) async throws -> CommandResult {
        let events = EventMaker(loaded)
        let json = WorkJSON(loaded)
        return try await store.perform(
            on: report, by: agency, in: jurisdiction, key: key, naming: request.original,
            // What comes with an internal note alone is internal too.
            bringing: Uploads(
                request.media, by: .agency(agency), isPublic: request.note != nil || request.internalNote == nil)
        ) { work, now throws(Refusal) in
            var request = request
            request.photos = work.newPhotos
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: .agency(agency), at: now, city: loaded.city)
            let filed = events.file(outcome, before: work.state, report: work.report)
            var after = work
            after.state = outcome.state
            after.why = outcome.why ?? work.why
            after.changedAt = outcome.at
            return (filed, String(decoding: json.entry(after, at: now), as: UTF8.self))
        }
    }
}
