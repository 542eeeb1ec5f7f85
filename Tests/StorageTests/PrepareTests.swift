internal import Domain
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// What a deployment does at each of its starts changes nothing the second time.
@Suite(.serialized, .freshDatabase(.city))
struct PrepareTests {
    private let jurisdiction = TestCity.city.code
    private var pool: PostgresPool { Fixture.current.pool }

    private func holder(_ id: String, _ kind: KeyHolder.Kind = .operator) -> KeyHolder {
        KeyHolder(keyID: id, kind: kind, channel: kind == .integrator ? "wa" : nil)
    }

    @Test func `a city that is loaded again as it was keeps its version`() async throws {
        let cities = CityStore(pool: pool)
        let first = try await cities.city(jurisdiction)?.version
        let again = try await cities.load(TestCity.city)
        #expect(again.version == first && !again.isNew)
        var changed = TestCity.city
        changed.timezoneLabel += "!"
        let then = try await cities.load(changed)
        #expect(then.version == again.version + 1 && then.isNew)
    }

    @Test func `a key that is there is found by its token`() async throws {
        let keys = KeyStore(pool: pool)
        let hash = [UInt8](repeating: 1, count: 32)
        let made = try await keys.ensure(holder("operator-1"), tokenHash: hash, expiresAt: nil, in: jurisdiction)
        let found = try await keys.ensure(holder("operator-2"), tokenHash: hash, expiresAt: nil, in: jurisdiction)
        #expect(made.id == "operator-1" && found.id == "operator-1")
        let listed = try await keys.list(in: jurisdiction)
        #expect(listed.count { $0.kind == "operator" } == 1)
    }

    @Test func `a key that was revoked stays so`() async throws {
        let keys = KeyStore(pool: pool)
        let hash = [UInt8](repeating: 2, count: 32)
        _ = try await keys.ensure(
            holder("wa-1", .integrator), tokenHash: hash, expiresAt: nil, in: jurisdiction)
        let isRevoked = try await keys.revoke("wa-1", in: jurisdiction)
        #expect(isRevoked)
        let again = try await keys.ensure(
            holder("wa-2", .integrator), tokenHash: hash, expiresAt: nil, in: jurisdiction)
        #expect(again.id == "wa-1" && again.revokedAt != nil)
        let holder = try await AccessStore(pool: pool).holder(of: hash, in: jurisdiction)
        #expect(holder == nil)
    }

    @Test func `a key is held with its scopes and its ground, until it ends`() async throws {
        let keys = KeyStore(pool: pool)
        let access = AccessStore(pool: pool)
        let hash = [UInt8](repeating: 3, count: 32)
        var made = holder("wa-3", .integrator)
        made.scopes = [.report, .read]
        made.legalBasis = .publicTask
        _ = try await keys.ensure(made, tokenHash: hash, expiresAt: nil, in: jurisdiction)
        #expect(try await access.holder(of: hash, in: jurisdiction) == made)
        let ended = [UInt8](repeating: 4, count: 32)
        _ = try await keys.ensure(
            holder("wa-4", .integrator), tokenHash: ended, expiresAt: Timestamp(seconds: 0), in: jurisdiction)
        #expect(try await access.holder(of: ended, in: jurisdiction) == nil)
        // Scopes and grounds are an integrator's.
        var officer = holder("operator-5")
        officer.legalBasis = .publicTask
        await #expect(throws: (any Error).self) {
            try await keys.ensure(officer, tokenHash: .init(repeating: 5, count: 32), expiresAt: nil, in: jurisdiction)
        }
    }
}
