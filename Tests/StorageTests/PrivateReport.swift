internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport

/// A report that says something of a person wherever a report can, and what people do with it.
enum PrivateReport {
    /// Stands in every text that anybody writes.
    static let marker = "zebulonwrix"

    /// - Parameter key: of the identity, whose box is no box at all: what is stored can be seen.
    static func new(mayContact: Bool = true, days: Int = 30, key: Int32 = 1) throws -> NewReport {
        let m = marker
        let body = """
            {"category":"sampah","description":"\(m) di rumah","address":"Jl. \(m) 7","landmark":"kios \(m)","rt":"4",\
            "external_id":"\(m)@contoh.id","attributes":{"pemilik":"\(m)"},"location":{"lat":-10.1481,"lon":123.6529}}
            """
        var report = try TestCity.report()
        report.report = try AdmissionRules.validate(
            try ReportDraft.read(Array(body.utf8)), city: TestCity.city, places: PlaceIndex(city: TestCity.city),
            now: Timestamp(seconds: 1_764_000_000)
        ).get()
        report.requestHash = report.report.requestHash
        report.identity = SealedIdentity(
            sealed: SealedBox(box: Array(m.utf8), keyID: key, lookup: [Array("\(m)!".utf8)]), consentVersion: "1",
            consentAt: Timestamp(seconds: 1_764_000_000), retentionDays: days, mayContact: mayContact)
        return report
    }

    /// Stored and routed.
    static func routed(mayContact: Bool = true, days: Int = 30) async throws -> UUID {
        let report = try new(mayContact: mayContact, days: days)
        let fixture = Fixture.current
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report.id
    }

    /// Carries a command out, with marked words; an agency's as the owner, a reporter's as intake.
    static func perform(
        _ action: CommandRequest.Action, on id: UUID, by actor: Actor, with pool: PostgresPool
    ) async throws -> CommandResult {
        let events = EventMaker(TestCity.loaded)
        let agency: AgencyCode? = if case .agency(let code) = actor { code } else { nil }
        let key = CommandKey(text: UUID().text, requestHash: [1])
        return try await CommandStore(pool: pool).perform(on: id, by: agency, in: TestCity.code, key: key) {
            work, now throws(Refusal) in
            let request = CommandRequest(
                action, note: "\(marker) catatan", internalNote: agency == nil ? nil : "\(marker) dalam",
                actor: agency == nil ? nil : "\(marker) petugas")
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: actor, at: now, city: TestCity.city)
            let filed = events.file(outcome, before: work.state, report: work.report)
            return (filed, #"{"id":"\#(id.text)","description":"\#(work.report.description)","version":2}"#)
        }
    }

    static func disclose(
        _ id: UUID, to agency: AgencyCode, key: String = "k", with pool: PostgresPool
    ) async throws -> ContactStore.Disclosure<SealedBox> {
        let events = EventMaker(TestCity.loaded)
        let reader = IdentityReader(name: agency.rawValue, actor: "\(marker) petugas", purpose: "\(marker) tanya")
        return try await ContactStore(pool: pool).disclose(
            id, to: reader, in: TestCity.code, key: CommandKey(text: key, requestHash: [2])
        ) { work, now throws(Refusal) in
            let request = CommandRequest(.contact(reason: reader.purpose), actor: reader.actor)
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: .agency(agency), at: now, city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), #"{"version":3}"#)
        } opening: {
            $0
        }
    }

    static func erase(_ id: UUID, key: String? = nil, with pool: PostgresPool) async throws -> CommandResult {
        try await ErasureStore(pool: pool).erase(
            id, key: key.map { CommandKey(text: $0, requestHash: [3]) }, of: TestCity.loaded
        ) { #"{"version":\#($0.state.version)}"# }
    }

    /// The tables in which the marker stands, in whatever column and however it is written.
    static func tablesWithMarker() async throws -> [String] {
        let pool = Fixture.current.pool
        let tables = try await pool.query(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys' ORDER BY 1"
        ).map { try $0.decode(String.self, at: 0) }
        var found: [String] = []
        for table in tables {
            let count = try await pool.query(
                """
                SELECT count(*) FROM \(identifier: table) t
                WHERE t::text LIKE '%' || \(marker) || '%'
                    OR t::text LIKE '%' || encode(convert_to(\(marker), 'UTF8'), 'hex') || '%'
                """
            ).one().decode(Int64.self, at: 0)
            if count > 0 { found.append(table) }
        }
        return found
    }
}
