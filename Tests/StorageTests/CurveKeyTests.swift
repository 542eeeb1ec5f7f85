internal import Domain
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// Keys that connections over ZeroMQ are known by.
@Suite(.serialized, .freshDatabase(.city))
struct CurveKeyTests {
    private let jurisdiction = TestCity.city.code
    private var keys: KeyStore { KeyStore(pool: Fixture.current.pool) }
    private var access: AccessStore { AccessStore(pool: Fixture.current.pool) }

    private func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    private func make(
        _ id: String, _ byte: UInt8, rate: Int? = nil, expiresAt: Timestamp? = nil
    ) async throws -> KeyStore.Entry {
        try await keys.ensure(
            KeyHolder(keyID: id, kind: .zeromq, channel: "radio", ratePerMinute: rate), publicKey: key(byte),
            expiresAt: expiresAt, in: jurisdiction)
    }

    private func open(_ byte: UInt8) async throws -> CurveKeyHolder? {
        try await access.curveKeys().first { $0.publicKey == key(byte) }
    }

    @Test func `an open key is found with its city, its channel and its rate, until it is revoked`() async throws {
        let made = try await make("radio-1", 1, rate: 30)
        #expect(made.publicKey == key(1) && made.kind == "zeromq" && made.channel == "radio")
        let holder = KeyHolder(keyID: "radio-1", kind: .zeromq, channel: "radio", ratePerMinute: 30)
        let found = try await open(1)
        #expect(found == CurveKeyHolder(publicKey: key(1), jurisdiction: jurisdiction, holder: holder))
        #expect(try await keys.revoke("radio-1", in: jurisdiction))
        #expect(try await open(1) == nil)
        let again = try await make("radio-2", 1)
        #expect(again.id == "radio-1" && again.revokedAt != nil, "a key that was revoked stays so")
        #expect(try await open(1) == nil)
    }

    @Test func `a key that has run out is not open`() async throws {
        _ = try await make("radio-3", 3, expiresAt: Timestamp(seconds: 1_000_000_000))
        #expect(try await open(3) == nil)
    }

    @Test func `no token opens it, and no other kind has a public key`() async throws {
        _ = try await make("radio-4", 4)
        #expect(try await access.holder(of: key(4), in: jurisdiction) == nil)
        await #expect(throws: PostgresError.self) {
            try await keys.ensure(
                KeyHolder(keyID: "x", kind: .zeromq, channel: "radio"), tokenHash: key(5), expiresAt: nil,
                in: jurisdiction)
        }
        await #expect(throws: PostgresError.self) {
            try await keys.ensure(
                KeyHolder(keyID: "y", kind: .integrator, channel: "radio"), publicKey: key(6), expiresAt: nil,
                in: jurisdiction)
        }
    }

    @Test(arguments: [("open_zeromq_keys()", "sasando_intake"), ("open_stream_keys()", "sasando_notifier")])
    func `one role alone may list the open keys of its door`(function: String, role: String) async throws {
        let rows = try await Fixture.current.pool.query(
            """
            SELECT r.rolname, has_function_privilege(r.oid, \(function), 'EXECUTE') FROM pg_roles r
            WHERE r.rolname IN ('sasando_intake', 'sasando_routing', 'sasando_notifier', 'sasando_analytics')
            """)
        var may: [String: Bool] = [:]
        for row in rows { may[try row.decode(String.self, at: 0)] = try row.decode(Bool.self, at: 1) }
        #expect(may.filter(\.value).keys.sorted() == [role] && may.count == 4)
    }

    @Test func `an agency's key is listed for its own notifier, and opens nothing at intake`() async throws {
        for (index, agency) in (["dlhk", "dishub"] as [AgencyCode]).enumerated() {
            let holder = KeyHolder(keyID: "stream-\(agency)", kind: .zeromq, agency: agency, ratePerMinute: 9)
            let made = try await keys.ensure(
                holder, publicKey: key(20 + UInt8(index)), expiresAt: nil, in: jurisdiction)
            #expect(made.agency == agency.rawValue && made.channel == nil)
        }
        #expect(try await open(20) == nil)
        #expect(try await open(21) == nil)
        #expect(try await access.streamKeys().isEmpty, "the owner is no agency")
        let dlhk = CurveKeyHolder(
            publicKey: key(20), jurisdiction: jurisdiction,
            holder: KeyHolder(keyID: "stream-dlhk", kind: .zeromq, agency: "dlhk", ratePerMinute: 9))
        try await Fixture.current.asRole("sasando_\(jurisdiction)_dlhk") { pool async throws in
            let own = AccessStore(pool: pool)
            #expect(try await own.streamKeys() == [dlhk])
            #expect(try await keys.revoke("stream-dlhk", in: jurisdiction))
            #expect(try await own.streamKeys().isEmpty)
        }
    }

    @Test func `a key of this kind is a channel's or an agency's, never both or neither`() async throws {
        for (agency, channel) in [("dlhk", "radio"), (nil, nil)] as [(AgencyCode?, ChannelCode?)] {
            await #expect(throws: PostgresError.self) {
                try await keys.ensure(
                    KeyHolder(keyID: "z", kind: .zeromq, agency: agency, channel: channel), publicKey: key(30),
                    expiresAt: nil, in: jurisdiction)
            }
        }
    }
}
