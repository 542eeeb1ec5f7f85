internal import Domain
internal import FoundationEssentials
internal import Logging
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// Shows the agency that has a report whom it may call. Intake does it: no notifier's login can read an identity.
struct ContactRunner: Sendable {
    private let store: ContactStore
    private let identities: IdentityKeyring
    private let reportLog: ReportLog
    private let attempts: CommandAttempts
    private let logger: Logger
    /// Called with the streams' new heads once they are committed.
    private let announce: @Sendable (JurisdictionCode, [StreamHead]) -> Void

    init(
        store: ContactStore, identities: IdentityKeyring, logger: Logger, reportLog: ReportLog,
        announce: @escaping @Sendable (JurisdictionCode, [StreamHead]) -> Void
    ) {
        self.store = store
        self.identities = identities
        self.logger = logger
        self.reportLog = reportLog
        self.announce = announce
        attempts = CommandAttempts(logger: logger)
    }

    /// - Parameter request: a `contact`.
    /// - Throws: `ProblemDetails` 503 where the identity's key is not in the file: then nothing was read.
    func disclose(
        _ report: UUID, to agency: AgencyCode, _ request: CommandRequest, key: CommandKey, in loaded: LoadedCity
    ) async throws -> ContactStore.Disclosure<Person> {
        guard case .contact(let reason) = request.action else { preconditionFailure("no wish to call") }
        let reader = IdentityReader(name: agency.rawValue, actor: request.actor, purpose: reason)
        var person: Person?
        let result: CommandResult
        do {
            result = try await attempts.carryOut(.contact, on: report) {
                let disclosure = try await read(report, by: reader, request, key: key, in: loaded)
                person = disclosure.person
                return disclosure.result
            }
        } catch let unreadable as IdentitySeal.Unreadable {
            logger.error(
                "An identity cannot be opened",
                metadata: [LogKey.report: "\(report.text)", LogKey.error: "\(unreadable)"])
            throw ProblemDetails.unavailable("The reporter's data cannot be opened now; the operator has to see to it.")
        }
        if case .done(_, let version, let heads, let trace) = result {
            announce(loaded.city.code, heads)
            reportLog.noteCommand(request.command, on: report, by: agency, version: version, trace: trace)
        }
        return ContactStore.Disclosure(result: result, person: person)
    }

    private func read(
        _ report: UUID, by reader: IdentityReader, _ request: CommandRequest, key: CommandKey, in loaded: LoadedCity
    ) async throws -> ContactStore.Disclosure<Person> {
        let (city, events) = (loaded.city, EventMaker(loaded))
        return try await store.disclose(report, to: reader, in: city.code, key: key) { work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: .agency(work.state.agency), at: now, city: city)
            let filed = events.file(outcome, before: work.state, report: work.report)
            return (filed, Self.answer(outcome.state, work.report))
        } opening: { [identities] sealed in
            try identities.open(sealed, of: report)
        }
    }

    /// What is kept for a retry: where the report stands, and nobody's name.
    private static func answer(_ state: ReportState, _ report: ReportRecord) -> String {
        var writer = JSONWriter(capacity: 256)
        writer.object {
            $0.member("id", state.id)
            $0.member("tracking_code", report.trackingCode)
            $0.member("status", state.status.rawValue)
            $0.member("colour", state.status.colour.rawValue)
            $0.member("version", state.version)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
