import PostgreSQL
import Testing
import TestSupport

@Suite("Smoke", .freshDatabase)
struct SmokeTests {
    @Test("a query returns its parameters")
    func echo() async throws {
        let pool = Fixture.current.pool
        let row = try await pool.query("SELECT \(1), \("a"), \([1, nil, 3] as [Int?]), \(nil as String?)").one()
        let (a, b, c, d) = try row.decode((Int, String, [Int?], String?).self)
        #expect(a == 1 && b == "a" && c == [1, nil, 3] && d == nil)
        try await pool.withTransaction { tx in
            try await tx.query("CREATE TABLE t (a int)")
            try await tx.commit(after: ["INSERT INTO t VALUES (1), (2)"])
        }
        #expect(try await pool.query("SELECT count(*) FROM t").one().decode(Int.self, at: 0) == 2)
    }
}
