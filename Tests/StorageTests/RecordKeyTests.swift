internal import Domain
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite("Keys made of what a report says", .serialized, .freshDatabase(.city))
struct RecordKeyTests {
    let pool = Fixture.current.pool
    var store: AdmissionStore { AdmissionStore(pool: pool) }

    private static let digest = "abcdefghijklmnopqrstuv"

    private func record(_ digest: String = digest) throws -> NewReport {
        var new = try TestCity.report(key: RecordKey.first(digest))
        new.recordDigest = digest
        return new
    }

    private func keys() async throws -> [String] {
        try await pool.query("SELECT idempotency_key FROM report ORDER BY 1").decode(String.self)
    }

    private func letTimePass(hours: Int) async throws {
        _ = try await pool.query("UPDATE report SET received_at = received_at - interval '1 hour' * \(hours)")
    }

    private func admit(_ new: NewReport...) async throws -> [(id: String, isStored: Bool)] {
        try await store.admit(new, in: TestCity.code).map {
            switch $0 {
            case .stored(let receipt): (receipt.id.text, true)
            case .repeated(let receipt): (receipt.id.text, false)
            }
        }
    }

    @Test func `within a day the record is the same report, after it one more, and so on`() async throws {
        let first = try await admit(record())[0]
        #expect(first.isStored)
        try await letTimePass(hours: 23)
        #expect(try await admit(record())[0] == (first.id, false))
        var newest = first
        for number in 1...3 {
            try await letTimePass(hours: 24)
            let next = try await admit(record())[0]
            #expect(next.isStored && next.id != newest.id, "\(number)")
            try await letTimePass(hours: 23)
            #expect(try await admit(record())[0] == (next.id, false))
            newest = next
        }
        #expect(try await keys() == ["h:\(Self.digest)"] + (1...3).map { "r:\(Self.digest):\($0)" })
    }

    @Test func `twice in one batch it is one report, before and after its day`() async throws {
        let other = "0123456789012345678901"
        let first = try await admit(record(), record(), record(other))
        #expect(first[0].id == first[1].id && first.map(\.isStored).count { $0 } == 2)
        try await letTimePass(hours: 25)
        let second = try await admit(record(), record(), record(other))
        #expect(second[0].id == second[1].id && second.map(\.isStored).count { $0 } == 2)
        #expect(try await keys().count == 4)
    }

    @Test func `of many at once after its day only one stores it`() async throws {
        _ = try await admit(record())
        try await letTimePass(hours: 25)
        let ids = try await withThrowingTaskGroup(of: (String, Bool).self) { group in
            for _ in 0..<8 { group.addTask { try await admit(record())[0] } }
            return try await group.reduce(into: [(String, Bool)]()) { $0.append($1) }
        }
        #expect(Set(ids.map(\.0)).count == 1 && ids.count { $0.1 } == 1, "\(ids)")
        #expect(try await keys().count == 2)
    }
}
