internal import Domain
internal import FoundationEssentials
internal import Logging
internal import Runtime
internal import Storage
internal import Streams

/// Carries out what a reporter does with the own report, and what anyone does who may read it.
struct ReporterRunner: Sendable {
    private let store: CommandStore
    private let erasures: ErasureStore
    private let reportLog: ReportLog
    private let attempts: CommandAttempts
    /// Called with the streams' new heads once they are committed.
    private let announce: @Sendable (JurisdictionCode, [StreamHead]) -> Void

    init(
        store: CommandStore, erasures: ErasureStore, logger: Logger, reportLog: ReportLog,
        announce: @escaping @Sendable (JurisdictionCode, [StreamHead]) -> Void
    ) {
        self.store = store
        self.erasures = erasures
        self.reportLog = reportLog
        self.announce = announce
        attempts = CommandAttempts(logger: logger)
    }

    /// - Parameters:
    ///   - actor: `.reporter` or `.reader`.
    ///   - key: without one, a key of this attempt alone still settles a commit whose end was not seen.
    ///   - photosArePublic: whether they belong to the report itself. What comes with an answer is for the agency.
    func run(
        _ request: CommandRequest, on report: UUID, by actor: Actor, key: CommandKey, in loaded: LoadedCity,
        photosArePublic: Bool = false
    ) async throws -> CommandResult {
        let city = loaded.city
        let events = EventMaker(loaded)
        let result = try await attempts.carryOut(request.command, on: report) {
            try await store.perform(
                on: report, by: nil, in: city.code, key: key,
                bringing: Uploads(request.media, by: .report(report), isPublic: photosArePublic)
            ) { work, now throws(Refusal) in
                var request = request
                request.photos = work.newPhotos
                let outcome = try StatusMachine.decide(
                    state: work.state, command: request, by: actor, at: now, city: city)
                let filed = events.file(outcome, before: work.state, report: work.report)
                return (filed, Self.answer(outcome.state, work.report, city))
            }
        }
        tell(result, of: request.command, on: report, in: city.code)
        return result
    }

    /// Takes out what the reporter wrote and who that is.
    func erase(_ report: UUID, key: CommandKey, in loaded: LoadedCity) async throws -> CommandResult {
        let city = loaded.city
        let result = try await attempts.carryOut(.erase, on: report) {
            try await erasures.erase(report, key: key, of: loaded) { Self.answer($0.state, $0.report, city) }
        }
        tell(result, of: .erase, on: report, in: city.code)
        return result
    }

    private func tell(
        _ result: CommandResult, of command: Command, on report: UUID, in jurisdiction: JurisdictionCode
    ) {
        guard case .done(_, let version, let heads, let trace) = result else { return }
        announce(jurisdiction, heads)
        reportLog.noteCommand(command, on: report, version: version, trace: trace)
    }

    /// Where the report stands now.
    private static func answer(_ state: ReportState, _ report: ReportRecord, _ city: City) -> String {
        var writer = JSONWriter(capacity: 512)
        writer.object {
            $0.member("id", state.id)
            $0.member("tracking_code", report.trackingCode)
            $0.member("status", state.status.rawValue)
            $0.member("colour", state.status.colour.rawValue)
            $0.member("version", state.version)
            $0.member("rating", state.rating)
            $0.key("deadlines")
            state.deadlines.write(to: &$0, offsetSeconds: city.utcOffset)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
