package import Domain
internal import FoundationEssentials
package import PostgreSQL
internal import Streams

/// A simulation as the store remembers it.
package struct SimulationRun: Sendable, Hashable {
    package var plan: SimulationPlan
    /// Windows that are filled in.
    package var windows: Int
    package var isFinished: Bool
}

/// Why nothing is filled in.
package enum SimulationRefusal: Error, Sendable, Hashable {
    /// A run with this seed was begun with another number of reports or for another time.
    case otherPlan(SimulationPlan)
    /// The city was changed since the run began.
    case cityChanged
    /// Somebody else fills the same in at this moment.
    case elsewhere
}

/// Fills simulated reports in, by the statements that admit, route and change real ones: needs the owner's login.
package struct SimulationStore: Sendable {
    /// How many open reports' timers one transaction writes.
    private static let timerLimit = 2_000

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Whether the city has reports that are neither simulated nor samples.
    package func hasRealReports(in jurisdiction: JurisdictionCode) async throws -> Bool {
        let channels = [SimulationPlan.channel, SampleStore.channel].sorted()
        // By ranges, so that the index of the channels is looked at in three places and not read through.
        return try await pool.query(
            """
            SELECT EXISTS (SELECT FROM report WHERE jurisdiction = \(jurisdiction) AND channel < \(channels[0]))
                OR EXISTS (SELECT FROM report WHERE jurisdiction = \(jurisdiction)
                    AND channel > \(channels[0]) AND channel < \(channels[1]))
                OR EXISTS (SELECT FROM report WHERE jurisdiction = \(jurisdiction) AND channel > \(channels[1]))
            """
        ).one().decode(Bool.self, at: 0)
    }

    /// Begins a run, or finds the one that was begun.
    ///
    /// - Parameter isSame: whether the plan of the run that was begun is the one asked for.
    /// - Throws: ``SimulationRefusal``, and `PostgresError`.
    package func begin(
        _ plan: SimulationPlan, of city: City, where isSame: (SimulationPlan) -> Bool
    ) async throws -> SimulationRun {
        let digest: SQL = """
            (SELECT encode(sha256(convert_to(j.document, 'UTF8')), 'hex') FROM jurisdiction j WHERE j.code = \(city.code))
            """
        _ = try await pool.query(
            """
            INSERT INTO simulation (jurisdiction, seed, reports, starts_at, ends_at, city_digest)
            SELECT \(city.code), \(Int64(bitPattern: plan.seed)), \(Int64(plan.reports)), \(plan.start), \(plan.end),
                \(digest)
            ON CONFLICT (jurisdiction, seed) DO NOTHING
            """)
        let row = try await pool.query(
            """
            SELECT reports, starts_at, ends_at, windows, finished, city_digest = \(digest) FROM simulation
            WHERE jurisdiction = \(city.code) AND seed = \(Int64(bitPattern: plan.seed))
            """
        ).one()
        let stored = SimulationPlan(
            seed: plan.seed, reports: Int(try row.decode(Int64.self, at: 0)),
            start: try row.decode(Timestamp.self, at: 1), end: try row.decode(Timestamp.self, at: 2))
        let run = SimulationRun(
            plan: stored, windows: Int(try row.decode(Int64.self, at: 3)),
            isFinished: try row.decode(Bool.self, at: 4))
        guard isSame(stored) else { throw SimulationRefusal.otherPlan(stored) }
        guard try run.isFinished || row.decode(Bool.self, at: 5) else { throw SimulationRefusal.cityChanged }
        return run
    }

    /// What fills a window in, ready to be sent: the heavy part, which needs no connection.
    ///
    /// Timers are left out: those of the past would fire at once. ``finish(_:timers:in:)`` sets the ones that still run.
    package static func batch(
        _ window: SimulatedWindow, events: EventMaker, in jurisdiction: JurisdictionCode, seed: UInt64
    ) -> SimulationBatch {
        var filed: [FiledOutcome] = []
        filed.reserveCapacity(window.steps.count)
        for step in window.steps {
            var outcome = step.outcome
            outcome.deadlinesToPut = []
            outcome.deadlinesToRemove = []
            filed.append(events.file(outcome, before: step.before, report: ReportRecord(step.report)))
        }
        // A report's first step of the window in the first round, its second in the next, and so on.
        var (firsts, rounds, places): ([FiledOutcome], [[FiledOutcome]], [UUID: Int]) = ([], [], [:])
        for one in filed {
            if one.outcome.state.version == 1 {
                firsts.append(one)
                continue
            }
            let round = places[one.outcome.state.id, default: 0]
            places[one.outcome.state.id] = round + 1
            if round == rounds.count { rounds.append([]) }
            rounds[round].append(one)
        }
        var statements: [SQL] = []
        if !window.reports.isEmpty {
            statements.append(
                AdmissionStore.insertion(
                    window.reports.map { NewReport($0, seed: seed) }, in: jurisdiction,
                    receivedAt: window.reports.map(\.receivedAt)))
        }
        if !firsts.isEmpty { statements += Filing.firsts(firsts, in: jurisdiction) }
        for round in rounds { statements += Filing.changes(round, in: jurisdiction) }
        statements += Append.statements(filed.flatMap(\.events), in: jurisdiction)
        return SimulationBatch(window: window.number, statements: statements)
    }

    /// Fills a window in, in one transaction with the step of the run, and in one flush.
    ///
    /// - Throws: ``SimulationRefusal/elsewhere`` where the run is not at this window.
    package func fill(_ batch: SimulationBatch, of run: SimulationRun, in jurisdiction: JurisdictionCode) async throws {
        // A run that is elsewhere comes to NULL, which the table refuses, and with it all that follows.
        let step: SQL = """
            UPDATE simulation SET windows = CASE WHEN windows = \(Int64(batch.window)) AND NOT finished
                THEN windows + 1 END
            WHERE jurisdiction = \(jurisdiction) AND seed = \(Int64(bitPattern: run.plan.seed))
            """
        do throws(PostgresError) {
            try await pool.transaction([step] + batch.statements)
        } catch {
            let isElsewhere = error.sqlState == .notNullViolation && error.table == "simulation"
            throw isElsewhere ? SimulationRefusal.elsewhere : error
        }
    }

    /// Sets the timers that still run, and marks the run as finished.
    package func finish(
        _ run: SimulationRun, timers: [SimulatedTimers], in jurisdiction: JurisdictionCode
    ) async throws {
        for start in stride(from: 0, to: timers.count, by: Self.timerLimit) {
            let portion = timers[start..<min(start + Self.timerLimit, timers.count)]
            let put = portion.flatMap { open in open.timers.map { (report: open.report, change: $0) } }
            _ = try await pool.transaction(Filing.deadlines(put, in: jurisdiction))
        }
        _ = try await pool.query(
            """
            UPDATE simulation SET finished = true
            WHERE jurisdiction = \(jurisdiction) AND seed = \(Int64(bitPattern: run.plan.seed))
            """)
        // A year went by in minutes: what vacuum would have done to the indexes of the open work in all that time, and
        // what the planner has to know.
        _ = try await pool.query("REINDEX INDEX CONCURRENTLY report_state_work")
        _ = try await pool.query("REINDEX INDEX CONCURRENTLY report_state_status")
        _ = try await pool.query("ANALYZE report, report_state, report_history, stream_event, deadline")
    }

    /// Forgets every run of a city, so that its reports can be simulated anew.
    package func forgetRuns(in jurisdiction: JurisdictionCode) async throws {
        _ = try await pool.query("DELETE FROM simulation WHERE jurisdiction = \(jurisdiction)")
    }
}

/// What fills one window in.
package struct SimulationBatch: Sendable {
    package var window: Int
    fileprivate var statements: [SQL]
}

extension NewReport {
    /// The key follows from the plan, so that the store itself refuses to take the same report twice.
    fileprivate init(_ simulated: SimulatedReport, seed: UInt64) {
        self.init(
            id: simulated.id, channel: SimulationPlan.channel, idempotencyKey: "\(seed)-\(simulated.number)",
            requestHash: simulated.report.requestHash, trackingCode: simulated.trackingCode,
            // Nobody holds a key to it; the index gets its entry as from a real one.
            reporterKeyHash: Int64(truncatingIfNeeded: simulated.id.hashed), report: simulated.report,
            isUrgent: simulated.report.isUrgent, identity: nil,
            trace: TraceContext(random: (simulated.id.hashed, ~simulated.id.hashed, simulated.id.hashed | 1)))
    }
}

extension UUID {
    /// Its random half, spread over all bits.
    fileprivate var hashed: UInt64 {
        let bytes = uuid
        let low = [bytes.8, bytes.9, bytes.10, bytes.11, bytes.12, bytes.13, bytes.14, bytes.15]
        return low.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } &* 0x9E37_79B9_7F4A_7C15
    }
}

extension ReportRecord {
    fileprivate init(_ simulated: SimulatedReport) {
        let report = simulated.report
        self.init(
            id: simulated.id, trackingCode: simulated.trackingCode, category: report.category,
            subtype: report.subtype, description: report.description, location: report.location,
            accuracy: report.accuracyMetres, locationSource: report.locationSource, area: report.area?.code,
            isAreaApproximate: report.area?.isApproximate ?? false, address: report.address, rt: report.rt,
            rw: report.rw, landmark: report.landmark, receivedAt: simulated.receivedAt,
            observedAt: report.observedAt, channel: SimulationPlan.channel, visibility: report.visibility)
    }
}
