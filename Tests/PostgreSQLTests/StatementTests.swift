import Glibc
import PostgreSQL
import TestSupport
import TestTraits
import Testing

@Suite("Statements", .freshDatabase)
struct StatementTests {
    @Test("five thousand queries at once on four connections all get their own answer, and the pool is free after")
    func many() async throws {
        try await withPool {
            $0.maximumWaiters = 10_000
            $0.leaseTimeout = .seconds(60)
        } _: { pool in
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<5_000 {
                    group.addTask {
                        let answer = try await pool.int("SELECT \(number) * 2")
                        #expect(answer == number * 2)
                        return answer
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 5_000 * 4_999)
            #expect(pool.statistics.inUse == 0 && pool.statistics.waiting == 0 && pool.statistics.idle <= 4)
            let backends = try await pool.int(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            #expect(backends <= 8)
        }
    }

    @Test("a violated constraint carries SQLSTATE, constraint and table")
    func constraint() async throws {
        let pool = Fixture.current.pool
        try await pool.query("CREATE TABLE area (code text CONSTRAINT area_code UNIQUE, size int CHECK (size > 0))")
        try await pool.query("INSERT INTO area VALUES ('a', 1)")
        let error = await failure(.server) { try await pool.query("INSERT INTO area VALUES (\("a"), \(1))") }
        #expect(error?.sqlState == .uniqueViolation && error?.constraint == "area_code" && error?.table == "area")
        #expect(error?.detail?.contains("(code)=(a)") == true)
        #expect(error.map { "\($0)".contains("(a)") } == false, "a log is not to quote the row")
        #expect(error?.isRetryable == false && error?.sqlState?.isDataError == true)
        let check = await failure(.server) { try await pool.query("INSERT INTO area VALUES ('b', \(-1))") }
        #expect(check?.sqlState == .checkViolation && check?.constraint == "area_size_check")
    }

    @Test("an error in a pipeline says which statement failed, and nothing of it remains")
    func pipeline() async throws {
        let pool = Fixture.current.pool
        try await pool.query("CREATE TABLE t (a int PRIMARY KEY)")
        for failing in 0..<4 {
            let error = await failure(.server) {
                try await pool.pipeline(
                    (0..<4).map { $0 == failing ? "INSERT INTO t SELECT \($0) / 0" : "INSERT INTO t VALUES (\($0))" })
            }
            #expect(error?.statementIndex == failing && error?.sqlState == "22012")
            #expect(try await pool.int("SELECT count(*) FROM t") == 0)
        }
        let rows = try await pool.pipeline(["INSERT INTO t VALUES (1) RETURNING a", "SELECT count(*) FROM t"])
        #expect(rows.map(\.count) == [1, 1])
        #expect(try rows[1].one().decode(Int.self, at: 0) == 1)
    }

    @Test("a pipeline larger than every buffer neither blocks nor loses an answer")
    func largePipeline() async throws {
        let filler = String(repeating: "x", count: 20_000)
        let rows = try await Fixture.current.pool.pipeline((0..<1_000).map { "SELECT \($0), \(filler)" })
        #expect(try rows.map { try $0.one().decode(Int.self, at: 0) } == Array(0..<1_000))
        #expect(try rows.allSatisfy { try $0.one().decode(String.self, at: 1).utf8.count == 20_000 })
    }

    @Test("more statements than the cache holds are prepared, dropped and prepared again")
    func eviction() async throws {
        try await withPool {
            $0.size = 1
            $0.statementCacheSize = 3
        } _: { pool in
            for round in 0..<3 {
                for number in 0..<10 {
                    let sum = try await pool.int("SELECT \(round) + \(literal: number)")
                    #expect(sum == round + number)
                }
            }
            let prepared = try await pool.int("SELECT count(*) FROM pg_prepared_statements")
            #expect(prepared <= 4)
        }
    }

    @Test("a changed table does not break prepared statements, alone or in a transaction")
    func schemaChange() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            try await pool.query("CREATE TABLE t (a int)")
            #expect(try await pool.query("SELECT * FROM t").columnNames == ["a"])
            try await pool.query("ALTER TABLE t ADD COLUMN b int")
            #expect(try await pool.query("SELECT * FROM t").columnNames == ["a", "b"])
            try await pool.query("ALTER TABLE t ADD COLUMN c int")
            #expect(try await pool.transaction(["SELECT 1", "SELECT * FROM t"])[1].columnNames == ["a", "b", "c"])
            try await pool.query("ALTER TABLE t ADD COLUMN d int")
            let names = try await pool.withTransaction { tx in try await tx.query("SELECT * FROM t").columnNames }
            #expect(names == ["a", "b", "c", "d"])
            // Later in a transaction there is no way back; the next one works.
            try await pool.query("ALTER TABLE t ADD COLUMN e int")
            func late() async throws -> Int {
                try await pool.withTransaction { tx in
                    try await tx.query("SELECT 1")
                    return try await tx.query("SELECT * FROM t").columnNames.count
                }
            }
            let error = await failure(.server) { _ = try await late() }
            #expect(error?.isRetryable == true)
            #expect(try await late() == 5)
        }
    }

    @Test("statements that the server was made to forget are prepared again")
    func forgotten() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            for forget: SQL in ["DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS"] {
                #expect(try await pool.int("SELECT \(1)") == 1)
                try await pool.query(forget)
                #expect(try await pool.int("SELECT \(2)") == 2)
                #expect(try await pool.transaction(["SELECT \(3)"])[0].one().decode(Int.self, at: 0) == 3)
            }
        }
    }

    @Test("a query past its time-out is stopped at the server, and its connection stays good")
    func timeout() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            let backend = try await pool.backend()
            let elapsed = await time {
                let error = await failure(.timeout) {
                    try await pool.query("SELECT pg_sleep(60)", timeout: .milliseconds(100))
                }
                #expect(error?.isRetryable == true)
            }
            #expect(elapsed < .seconds(2) && elapsed >= .milliseconds(100), "\(elapsed)")
            #expect(try await pool.backend() == backend)
        }
    }

    @Test("the server's own bound on a statement ends it with its SQLSTATE")
    func statementTimeout() async throws {
        try await withPool {
            $0.statementTimeout = .milliseconds(50)
        } _: { pool in
            let error = await failure(.server) { try await pool.query("SELECT pg_sleep(60)") }
            #expect(error?.sqlState == .queryCanceled && error?.isRetryable == true)
        }
    }

    @Test("a query to a server that has stopped answering ends in time, and the next one has another connection")
    func unresponsive() async throws {
        try await withPool {
            $0.size = 1
            $0.cancelGrace = .milliseconds(100)
        } _: { pool in
            let backend = try await pool.backend()
            kill(backend, SIGSTOP)
            defer { kill(backend, SIGCONT) }
            let elapsed = await time {
                let error = await failure(.timeout) { try await pool.query("SELECT 1", timeout: .milliseconds(100)) }
                #expect(error?.outcomeIsUnknown == true)
            }
            #expect(elapsed < .seconds(2), "\(elapsed)")
            #expect(try await pool.backend() != backend)
        }
    }

    @Test("cancelling a running query stops it at the server, and its connection stays good")
    func cancellation() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            let backend = try await pool.backend()
            let query = Task { try await pool.query("SELECT pg_sleep(60)") }
            try await eventually("the query runs") {
                try await Fixture.current.pool.int(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend) AND state = 'active'") == 1
            }
            let elapsed = await time {
                query.cancel()
                _ = await failure(.cancelled) { _ = try await query.value }
            }
            #expect(elapsed < .seconds(2), "\(elapsed)")
            #expect(try await pool.backend() == backend)
        }
    }

    @Test("COPY as a query is refused and does no harm")
    func copyAsQuery() async throws {
        let pool = Fixture.current.pool
        try await pool.query("CREATE TABLE t (a int)")
        await #expect(throws: PostgresError.self) { try await pool.query("COPY t FROM STDIN", timeout: .seconds(2)) }
        await #expect(throws: PostgresError.self) { try await pool.query("COPY t TO STDOUT", timeout: .seconds(2)) }
        for _ in 0..<8 { #expect(try await pool.int("SELECT \(4)") == 4) }
    }

    @Test("statements that say nothing, or too much, are answered")
    func oddities() async throws {
        let pool = Fixture.current.pool
        #expect(try await pool.query("").count == 0)
        #expect(try await pool.query("-- nothing").count == 0)
        let error = await failure(.server) { try await pool.query("SELECT 1; SELECT 2") }
        #expect(error?.sqlState == "42601")
        let zero = await failure(.server) { try await pool.query("SELECT \("a\0b")") }
        #expect(zero?.sqlState == "22021")
        #expect(try await pool.pipeline([]).isEmpty)
        #expect(try await pool.transaction([]).isEmpty)
        #expect(try await pool.int("SELECT 1") == 1)
    }

    @Test("a hundred thousand rows arrive in order")
    func manyRows() async throws {
        let rows = try await Fixture.current.pool.query("SELECT n, 'row ' || n FROM generate_series(1, 100000) AS n")
        let values = try rows.decode((Int, String).self)
        #expect(values.count == 100_000 && values.last?.0 == 100_000 && values.last?.1 == "row 100000")
    }
}
