import PostgreSQL
import TestSupport
import TestTraits
import Testing

@Suite("Transactions", .freshDatabase)
struct TransactionTests {
    struct Thrown: Error {}

    private func table(_ pool: PostgresPool) async throws {
        try await pool.query("CREATE TABLE t (a int PRIMARY KEY)")
    }

    @Test("a body that returns commits, one that throws rolls back, and the connection is free afterwards")
    func outcomes() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            try await table(pool)
            let backend = try await pool.backend()
            try await pool.withTransaction { tx in
                try await tx.query("INSERT INTO t VALUES (1)")
                try await tx.pipeline(["INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)"])
            }
            await #expect(throws: Thrown.self) {
                try await pool.withTransaction { tx in
                    try await tx.query("INSERT INTO t VALUES (4)")
                    throw Thrown()
                }
            }
            _ = await failure(.server) {
                _ = try await pool.withTransaction { tx in try await tx.query("INSERT INTO t VALUES (1)") }
            }
            try await pool.withTransaction { _ in }
            try await pool.withTransaction { tx in try await tx.commit() }
            #expect(try await pool.int("SELECT count(*) FROM t") == 3)
            #expect(try await pool.backend() == backend)
        }
    }

    @Test("a transaction sees one snapshot in repeatable read, and writes nothing when it is read-only")
    func modes() async throws {
        let pool = Fixture.current.pool
        try await table(pool)
        try await pool.withTransaction(.repeatableRead) { tx in
            #expect(try await tx.query("SELECT count(*) FROM t").one().decode(Int.self, at: 0) == 0)
            try await pool.query("INSERT INTO t VALUES (1)")
            #expect(try await tx.query("SELECT count(*) FROM t").one().decode(Int.self, at: 0) == 0)
        }
        let error = await failure(.server) {
            _ = try await pool.withTransaction(.readOnly) { tx in try await tx.query("INSERT INTO t VALUES (2)") }
        }
        #expect(error?.sqlState == .readOnlyTransaction)
    }

    @Test("statements and COMMIT go together, and nothing may follow")
    func commitAfter() async throws {
        let pool = Fixture.current.pool
        try await table(pool)
        let error = await failure(.usage) {
            try await pool.withTransaction { tx in
                let rows = try await tx.commit(after: ["INSERT INTO t VALUES (1) RETURNING a", "SELECT 5"])
                #expect(try rows.map { try $0.one().decode(Int.self, at: 0) } == [1, 5])
                try await tx.query("INSERT INTO t VALUES (2)")
            }
        }
        #expect(error?.isRetryable == false)
        // The commit before the mistake stands.
        #expect(try await pool.int("SELECT count(*) FROM t") == 1)
        _ = await failure(.usage) {
            try await pool.withTransaction { tx in
                try await tx.commit(after: ["INSERT INTO t VALUES (3)"])
                try await tx.commit(after: ["INSERT INTO t VALUES (4)"])
            }
        }
        #expect(try await pool.int("SELECT max(a) FROM t") == 3)
    }

    @Test("a failing statement before COMMIT says which it was, and all is rolled back")
    func failingCommit() async throws {
        let pool = Fixture.current.pool
        try await table(pool)
        let error = await failure(.server) {
            try await pool.withTransaction { tx in
                try await tx.query("INSERT INTO t VALUES (1)")
                try await tx.commit(after: ["INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (1)"])
            }
        }
        #expect(error?.statementIndex == 1 && error?.sqlState == .uniqueViolation)
        let together = await failure(.server) {
            try await pool.transaction(["INSERT INTO t VALUES (5)", "INSERT INTO t VALUES (5)", "SELECT 1"])
        }
        #expect(together?.statementIndex == 1 && together?.constraint == "t_pkey")
        #expect(try await pool.int("SELECT count(*) FROM t") == 0)
    }

    @Test("COMMIT of a transaction whose failure was swallowed is an error")
    func swallowed() async throws {
        let pool = Fixture.current.pool
        try await table(pool)
        for commits in [true, false] {
            let error = await failure(.server) {
                try await pool.withTransaction { tx in
                    try await tx.query("INSERT INTO t VALUES (1)")
                    _ = try? await tx.query("SELECT 1 / 0")
                    if commits { try await tx.commit() }
                }
            }
            #expect(error?.sqlState == .inFailedTransaction)
        }
        #expect(try await pool.int("SELECT count(*) FROM t") == 0)
    }

    @Test("a constraint checked at COMMIT fails the commit")
    func deferred() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            try await pool.query("CREATE TABLE d (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = await failure(.server) {
                try await pool.transaction(["INSERT INTO d VALUES (1)", "INSERT INTO d VALUES (1)"])
            }
            #expect(error?.operation == "COMMIT" && error?.statementIndex == nil)
            #expect(error?.sqlState == .uniqueViolation && error?.constraint == "d_a_key")
            #expect(try await pool.int("SELECT count(*) FROM d") == 0)
        }
    }

    @Test("a connection lost during COMMIT leaves the outcome unknown, and the error says so")
    func lostCommit() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            try await pool.query("CREATE TABLE d (a int)")
            try await pool.query(
                """
                CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$
                """)
            try await pool.query(
                """
                CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON d DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION dawdle()
                """)
            let backend = try await pool.backend()
            let commit = Task { try await pool.transaction(["INSERT INTO d VALUES (1)"]) }
            try await eventually("COMMIT runs") {
                try await Fixture.current.pool.int(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend) AND wait_event = 'PgSleep'") == 1
            }
            try await Fixture.current.pool.query("SELECT pg_terminate_backend(\(backend))")
            let error = await failure(.commitUnknown) { _ = try await commit.value }
            #expect(error?.outcomeIsUnknown == true && error?.isRetryable == true && error?.sqlState == "57P01")
            #expect(try await pool.int("SELECT count(*) FROM d") == 0)
        }
    }

    @Test("a transaction that stays silent too long is ended by the server, and the error says why")
    func idle() async throws {
        try await withPool {
            $0.size = 1
            $0.idleInTransactionTimeout = .milliseconds(50)
        } _: { pool in
            let error = await failure(.connection) {
                try await pool.withTransaction { tx in
                    let backend = try await tx.query("SELECT pg_backend_pid()").one().decode(Int32.self, at: 0)
                    try await eventually("the server has ended the session") {
                        try await Fixture.current.pool.int(
                            "SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend)") == 0
                    }
                    try await tx.query("SELECT 1")
                }
            }
            #expect(error?.sqlState == .idleInTransactionTimeout && error?.isRetryable == true)
            let answer = try await pool.int("SELECT 1")
            #expect(answer == 1)
        }
    }

    @Test("a cancelled transaction is rolled back, and its connection stays good")
    func cancelled() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            try await table(pool)
            let backend = try await pool.backend()
            let work = Task {
                try await pool.withTransaction { tx in
                    try await tx.query("INSERT INTO t VALUES (1)")
                    try await tx.query("SELECT pg_sleep(60)")
                }
            }
            try await eventually("the transaction sleeps") {
                try await Fixture.current.pool.int(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend) AND wait_event = 'PgSleep'") == 1
            }
            work.cancel()
            _ = await failure(.cancelled) { try await work.value }
            #expect(try await pool.int("SELECT count(*) FROM t") == 0)
            #expect(try await pool.backend() == backend)
        }
    }

    @Test("a lock that is not free in time is an error to be tried again")
    func lockTimeout() async throws {
        try await withPool {
            $0.lockTimeout = .milliseconds(50)
        } _: { pool in
            try await pool.transaction(["CREATE TABLE l (a int)", "INSERT INTO l VALUES (1)"])
            try await pool.withTransaction { tx in
                try await tx.query("UPDATE l SET a = 2")
                let error = await failure(.server) { try await pool.query("UPDATE l SET a = 3") }
                #expect(error?.sqlState == .lockNotAvailable && error?.isRetryable == true)
            }
        }
    }

    @Test("a transaction opened behind the pool's back does not reach the next caller")
    func stray() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            try await table(pool)
            try await pool.query("BEGIN")
            try await pool.query("INSERT INTO t VALUES (1)")
            try await pool.withConnection { session in
                try await session.query("BEGIN")
                try await session.query("INSERT INTO t VALUES (2)")
            }
            #expect(try await pool.query("SELECT a FROM t").decode(Int.self) == [1])
        }
    }
}

@Suite("A connection of one's own", .freshDatabase)
struct SessionTests {
    @Test("COPY stores rows in binary, NULLs included")
    func copy() async throws {
        let pool = Fixture.current.pool
        try await pool.query("CREATE TABLE c (a int8, b text, c bool)")
        let count = try await pool.withConnection { session in
            var rows = CopyRows()
            for number in 0..<50_000 { rows.append(number, number % 2 == 0 ? "row \(number)" : nil, number % 3 == 0) }
            return try await session.copyIn("COPY c FROM STDIN (FORMAT binary)", rows)
        }
        #expect(count == 50_000)
        let (sum, nulls) = try await pool.query("SELECT sum(a)::int8, count(*) FILTER (WHERE b IS NULL) FROM c").one()
            .decode((Int, Int).self)
        #expect(sum == 50_000 * 49_999 / 2 && nulls == 25_000)
    }

    @Test("a failing COPY is an error, and the connection goes on")
    func failingCopy() async throws {
        let pool = Fixture.current.pool
        try await pool.query("CREATE TABLE c (a int8 PRIMARY KEY)")
        try await pool.withConnection { session in
            let backend = await session.backendPID
            for (sql, state): (SQL, SQLState) in [
                ("COPY c FROM STDIN (FORMAT binary)", .uniqueViolation),
                ("COPY missing FROM STDIN (FORMAT binary)", .undefinedTable),
            ] {
                var rows = CopyRows()
                for _ in 0..<20_000 { rows.append(1) }
                do throws(PostgresError) {
                    try await session.copyIn(sql, rows)
                    Issue.record("the copy succeeded")
                } catch {
                    #expect(error.sqlState == state, "\(error)")
                }
                let answer = try await session.query("SELECT \(1)").one().decode(Int.self, at: 0)
                #expect(answer == 1)
                #expect(await session.backendPID == backend)
            }
            do throws(PostgresError) {
                try await session.copyIn("SELECT 1", CopyRows())
                Issue.record("the copy succeeded")
            } catch {
                #expect(error.kind == .usage)
            }
        }
        #expect(try await pool.int("SELECT count(*) FROM c") == 0)
    }

    @Test("a script runs as one, or not at all, and then statements work again")
    func script() async throws {
        let pool = Fixture.current.pool
        try await pool.withConnection { session in
            try await session.run(
                script: "CREATE TABLE s (a int); INSERT INTO s VALUES (1), (2); SELECT * FROM s;", timeout: .seconds(5))
            do throws(PostgresError) {
                try await session.run(script: "INSERT INTO s VALUES (3); SELECT 1 / 0;", timeout: .seconds(5))
                Issue.record("the script succeeded")
            } catch {
                #expect(error.sqlState == "22012")
            }
            #expect(try await session.query("SELECT count(*) FROM s").one().decode(Int.self, at: 0) == 2)
            do throws(PostgresError) {
                try await session.run(script: "SELECT pg_sleep(60)", timeout: .milliseconds(50))
                Issue.record("the script succeeded")
            } catch {
                #expect(error.kind == .timeout)
            }
            #expect(try await session.pipeline(["SELECT 1", "SELECT 2"]).count == 2)
        }
    }
}
