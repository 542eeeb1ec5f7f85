internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// The channels' streams, copied from the agencies' by the login that may.
@Suite(.serialized, .freshDatabase(.city))
struct ChannelStreamStoreTests {
    let fixture = Fixture.current
    static let channel: ChannelCode = "uji"
    private static let stream = StreamCode.channel(channel)

    private func asChannels<Result: Sendable>(
        _ body: @Sendable (ChannelStreamStore, PostgresPool) async throws -> Result
    ) async throws -> Result {
        try await fixture.asRole("sasando_channels") { pool in
            try await body(ChannelStreamStore(jurisdiction: TestCity.code, pool: pool), pool)
        }
    }

    private func key(_ channel: ChannelCode = channel, isTest: Bool = false) async throws {
        _ = try await KeyStore(pool: fixture.pool).ensure(
            KeyHolder(keyID: UUID().text, kind: .integrator, channel: channel, isTest: isTest),
            tokenHash: (0..<32).map { _ in .random(in: 0...255) }, expiresAt: nil, in: TestCity.code)
    }

    private func file(_ count: Int, channel: ChannelCode = channel) async throws -> [UUID] {
        let reports = try (0..<count).map { _ in try TestCity.report(channel: channel) }
        _ = try await AdmissionStore(pool: fixture.pool).admit(reports, in: TestCity.code)
        _ = try await fixture.routeAll()
        return reports.map(\.id)
    }

    /// Copies a batch as the copier does, and gives the number of the newest event.
    @discardableResult
    static func copy(_ store: ChannelStreamStore, _ batch: ChannelStreamStore.Batch) async throws -> Int64? {
        let plan = CopyPlan(
            batch.events, reach: Dictionary(uniqueKeysWithValues: batch.sources.map { ($0.agency, $0.read) }))
        let texts = Dictionary(uniqueKeysWithValues: zip(batch.events, batch.texts))
        let copies = plan.events.compactMap { event -> (event: CopiedEvent, body: EventBody)? in
            guard case .told(let body) = ChannelEvent(copying: texts[event]!, to: stream, of: TestCity.code) else {
                return nil
            }
            return (event, body)
        }
        return try await store.copy(copies, reach: plan.reach, of: batch, to: channel)
    }

    private func events() async throws -> [(seq: Int64, report: UUID, version: Int32, type: String, body: String)] {
        try await fixture.pool.query(
            "SELECT seq, report_id, version, type, body FROM stream_event WHERE stream = \(Self.stream) ORDER BY seq"
        ).map { try $0.decode((Int64, UUID, Int32, String, String).self) }
    }

    @Test func `a stream is made once for a channel that has an open key, and for no other`() async throws {
        try await key("percobaan", isTest: true)
        try await key()
        try await asChannels { store, _ async throws in
            #expect(try await store.open("asing") == false)
            #expect(try await store.open("percobaan") == false)
            #expect(try await store.open(Self.channel))
            #expect(try await store.open(Self.channel))
            #expect(try await store.channels() == [Self.channel])
        }
        // A city that is loaded again counts the agencies' streams alone.
        _ = try await CityStore(pool: fixture.pool).load(TestCity.city)
        #expect(try await AnalyticsStore(pool: fixture.pool).positions(in: TestCity.code).count == 4)
    }

    @Test func `it gets its own reports' events of every agency, in their order, and nobody else's`() async throws {
        try await key()
        let other = try await file(3, channel: "lain")
        let id = try await BusyReport.file()
        let more = try await file(5)
        try await asChannels { store, _ async throws in
            _ = try await store.open(Self.channel)
            let batch = try await store.batch(for: Self.channel)
            #expect(!batch.hasCopied(batch))
            #expect(!batch.events.contains { other.contains($0.report) })
            #expect(try await Self.copy(store, batch) == 13)
            #expect(try await store.batch(for: Self.channel).sources.isEmpty)
            #expect(try await store.batch(for: Self.channel).hasCopied(batch))
            // What came later does not matter.
            _ = try await file(1)
            #expect(try await store.batch(for: Self.channel).hasCopied(batch))
        }
        let events = try await events()
        #expect(events.map(\.seq) == Array(1...13))
        #expect(Set(events.map(\.report)) == Set(more + [id]))
        let busy = events.filter { $0.report == id }
        #expect(busy.map(\.version) == busy.map(\.version).sorted())
        #expect(busy.map(\.type).prefix(5) == ["assigned", "commented", "held", "transferred_out", "assigned"])
        for event in events {
            #expect(event.body.contains(#""sequence":"\#(EventBody.digits(event.seq))""#))
            #expect(event.body.contains(#""source":"/kupang/streams/channel/uji""#))
            #expect(!event.body.contains("internal_note") && !event.body.contains("actor"))
        }
    }

    @Test func `of two who copy at once one does, and what is told stands there once`() async throws {
        try await key()
        _ = try await file(20)
        try await asChannels { store, _ async throws in
            _ = try await store.open(Self.channel)
            let batch = try await store.batch(for: Self.channel)
            let heads = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<4 { group.addTask { try await Self.copy(store, batch) } }
                return try await group.reduce(into: [Int64]()) { if let head = $1 { $0.append(head) } }
            }
            #expect(heads == [20])
        }
        #expect(try await events().count == 20)
    }

    @Test func `words that were copied while they were taken out go with the next look`() async throws {
        try await key()
        let id = try await BusyReport.file()
        try await asChannels { store, _ async throws in
            _ = try await store.open(Self.channel)
            let stale = try await store.batch(for: Self.channel)
            let result = try await fixture.asRole("sasando_intake") { pool in
                try await ModerationStore(pool: pool).perform(
                    ModerationRequest(.redact, reason: "data pribadi"), on: id, by: "operator-1", in: TestCity.loaded)
            }
            guard case .done(_, let heads) = result else { throw Unexpected("\(result)") }
            #expect(!heads.contains { $0.stream.rawValue.hasPrefix("channel/") })
            _ = try await Self.copy(store, stale)
            #expect(try await BusyReport.places() == ["stream_event.body"])
            _ = try await Self.copy(store, try await store.batch(for: Self.channel))
        }
        #expect(try await BusyReport.places().isEmpty)
        let events = try await events()
        #expect(events.filter { $0.type == "redacted" }.count == 1)
        #expect(events.last?.type == "redacted")
    }

    @Test func `a copy that is there already is redacted with its source`() async throws {
        try await key()
        let id = try await BusyReport.file()
        try await asChannels { store, _ async throws in
            _ = try await store.open(Self.channel)
            _ = try await Self.copy(store, try await store.batch(for: Self.channel))
        }
        _ = try await fixture.asRole("sasando_intake") { pool in
            try await ModerationStore(pool: pool).perform(
                ModerationRequest(.redact, reason: "data pribadi"), on: id, by: "operator-1", in: TestCity.loaded)
        }
        #expect(try await BusyReport.places().isEmpty)
    }

    @Test func `what was not copied is not let go`() async throws {
        try await key()
        _ = try await file(10)
        let streams = StreamAdminStore(pool: fixture.pool)
        _ = try await fixture.pool.query("UPDATE analytics_cursor SET seq = 10 WHERE stream = 'dlhk'")
        try await asChannels { store, _ async throws in
            _ = try await store.open(Self.channel)
            #expect(try await streams.trim("dlhk", in: TestCity.code, keepFrom: 8) == 0)
            _ = try await Self.copy(store, try await store.batch(for: Self.channel))
        }
        #expect(try await streams.trim("dlhk", in: TestCity.code, keepFrom: 8) == 7)
        #expect(try await streams.trim(Self.stream, in: TestCity.code, keepFrom: 5) == 4)
        // The figures are made of the agencies' streams.
        #expect(try await AnalyticsStore(pool: fixture.pool).reset(TestCity.code) == ["dlhk"])
    }

    @Test func `another channel's event cannot be copied, and nothing is written but by copying`() async throws {
        try await key()
        _ = try await file(1, channel: "lain")
        let copying: SQL = """
            SELECT copy_to_channel(\(TestCity.code), \(Self.stream), ARRAY['dlhk'], ARRAY[0::bigint], ARRAY[1::bigint],
                ARRAY['dlhk'], ARRAY[1::bigint], ARRAY['{'], ARRAY['}'])
            """
        let forbidden: [SQL] = [
            copying, "UPDATE stream SET head = 9", "UPDATE channel_cursor SET seq = 9", "DELETE FROM stream_event",
            "SELECT * FROM report", "SELECT * FROM reporter_identity", "SELECT * FROM api_key",
            """
            SELECT append_events('kupang', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
                '{}', '{}', '{}', '{}', '{}', '{}')
            """,
        ]
        try await asChannels { store, pool async throws in
            _ = try await store.open(Self.channel)
            for sql in forbidden {
                let error = await #expect(throws: PostgresError.self, "\(sql)") { _ = try await pool.query(sql) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql): \(String(describing: error))")
            }
        }
        for role in ["sasando_intake", "sasando_routing", "sasando_kupang_dlhk", "sasando_analytics"] {
            try await fixture.asRole(role) { pool async throws in
                for sql in [copying, "SELECT open_channel_stream('kupang', 'uji')", "SELECT * FROM channel_cursor"] {
                    let error = await #expect(throws: PostgresError.self) { _ = try await pool.query(sql) }
                    #expect(error?.sqlState == .insufficientPrivilege, "\(role): \(sql)")
                }
            }
        }
        #expect(try await events().isEmpty)
    }
}
