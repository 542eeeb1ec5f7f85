internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport

/// A report that went through agencies and hands, each with words that can be looked for everywhere.
enum BusyReport {
    static let marker = "Grumblefitz"

    static func perform(_ action: CommandRequest.Action, on id: UUID, by actor: Actor) async throws {
        let events = EventMaker(TestCity.loaded)
        let agency: AgencyCode? = if case .agency(let code) = actor { code } else { nil }
        let result = try await CommandStore(pool: Fixture.current.pool).perform(
            on: id, by: agency, in: TestCity.code, key: CommandKey(text: UUID().text, requestHash: [1])
        ) { work, now throws(Refusal) in
            let request = CommandRequest(
                action, note: "\(Self.marker) di rumah", internalNote: agency == nil ? nil : "\(Self.marker) tahu",
                actor: agency == nil ? nil : Self.marker)
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: actor, at: now, city: TestCity.city)
            let answer = "{\"id\":\"\(id.text)\",\"description\":\"\(work.report.description)\"}"
            return (events.file(outcome, before: work.state, report: work.report), answer)
        }
        guard case .done = result else { throw Unexpected("\(action): \(result)") }
    }

    /// From one agency to another, with words at every step.
    static func file() async throws -> UUID {
        var new = try TestCity.report(description: "Pak \(Self.marker) buang sampah")
        new.report.address = "Jl. \(Self.marker) 7"
        new.report.landmark = "kios \(Self.marker)"
        new.report.attributes = .object(["siapa": .string(Self.marker)])
        _ = try await AdmissionStore(pool: Fixture.current.pool).admit([new], in: TestCity.code)
        _ = try await Fixture.current.routeAll()
        let steps: [(CommandRequest.Action, Actor)] = [
            (.comment, .reporter), (.hold(reason: "Menunggu \(Self.marker)", until: nil), .agency("dlhk")),
            (.transfer(to: "dishub", reason: "\(Self.marker) parkir", category: nil, subtype: nil), .agency("dlhk")),
            (.comment, .agency("dishub")),
            (.reject(.notOurs, of: nil, referTo: "Kelurahan, ibu \(Self.marker)"), .agency("dishub")),
            (.comment, .reporter),
        ]
        for (action, actor) in steps { try await perform(action, on: new.id, by: actor) }
        return new.id
    }

    /// `table.column` of everything that holds the marker, in every table there is.
    static func places() async throws -> [String] {
        let columns = try await Fixture.current.pool.query(
            """
            SELECT c.table_name::text, c.column_name::text,
                (xpath('//n/text()', query_to_xml(format(
                    'SELECT count(*) AS n FROM %I WHERE %I::text ILIKE %L OR %I::text LIKE %L', c.table_name,
                    c.column_name, '%' || \(Self.marker) || '%', c.column_name,
                    '%' || encode(convert_to(\(Self.marker), 'UTF8'), 'hex') || '%'), false, true, '')))[1]::text
            FROM information_schema.columns c
            JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
            WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
            """)
        return try columns.compactMap { row in
            let count = try row.decode(String?.self, at: 2)
            guard let count, count != "0" else { return nil }
            return "\(try row.decode(String.self, at: 0)).\(try row.decode(String.self, at: 1))"
        }
    }
}
