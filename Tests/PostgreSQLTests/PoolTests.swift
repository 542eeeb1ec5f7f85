import Logging
import PostgreSQL
import Synchronization
import TestSupport
import TestTraits
import Testing

@Suite("The pool", .freshDatabase)
struct PoolTests {
    /// Leases the only connection for as long as `body` runs.
    private func holding(_ pool: PostgresPool, _ body: () async throws -> Void) async throws {
        try await pool.withConnection { session in
            try await session.query("SELECT 1")
            try await body()
        }
    }

    @Test("past the bound a caller is refused at once, and those who wait are served")
    func bound() async throws {
        try await withPool {
            $0.size = 1
            $0.maximumWaiters = 2
            $0.leaseTimeout = .seconds(30)
        } _: { pool in
            try await withThrowingTaskGroup(of: Int.self) { group in
                try await holding(pool) {
                    for number in 1...2 { group.addTask { try await pool.int("SELECT \(number)") } }
                    await eventually("two wait") { pool.statistics.waiting == 2 }
                    let elapsed = await time {
                        let error = await failure(.poolExhausted) { try await pool.query("SELECT 3") }
                        #expect(error?.isRetryable == true)
                    }
                    #expect(elapsed < .seconds(1), "\(elapsed)")
                }
                #expect(try await group.reduce(0, +) == 3)
            }
        }
    }

    @Test("a wait ends after the lease's time-out")
    func leaseTimeout() async throws {
        try await withPool {
            $0.size = 1
            $0.leaseTimeout = .milliseconds(100)
        } _: { pool in
            // On a busy machine it takes longer than that to connect for the first time.
            await eventually("it is connected") { pool.statistics.idle == 1 }
            try await holding(pool) {
                for _ in 0..<2 {
                    let elapsed = await time {
                        _ = await failure(.poolExhausted) { try await pool.query("SELECT 3") }
                    }
                    #expect(elapsed >= .milliseconds(100) && elapsed < .seconds(2), "\(elapsed)")
                }
            }
            #expect(try await pool.int("SELECT 1") == 1)
        }
    }

    final class Order: Sendable {
        let numbers = Mutex<[Int]>([])
    }

    @Test("a cancelled wait gives up its place, and the others keep theirs")
    func cancelledWait() async throws {
        try await withPool {
            $0.size = 1
            $0.leaseTimeout = .seconds(30)
        } _: { pool in
            let order = Order()
            let tasks = try await Fixture.current.pool.withConnection { _ in
                var tasks: [Task<Void, any Error>] = []
                try await holding(pool) {
                    for number in 0..<3 {
                        tasks.append(
                            Task {
                                try await pool.withConnection { _ in order.numbers.withLock { $0.append(number) } }
                            })
                        await eventually("it waits") { pool.statistics.waiting == number + 1 }
                    }
                    tasks[1].cancel()
                    let elapsed = await time { _ = await failure(.cancelled) { try await tasks[1].value } }
                    #expect(elapsed < .seconds(1), "\(elapsed)")
                    #expect(pool.statistics.waiting == 2)
                }
                return tasks
            }
            try await tasks[0].value
            try await tasks[2].value
            #expect(order.numbers.withLock { $0 } == [0, 2])
            let already = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await pool.query("SELECT 1")
            }
            _ = await failure(.cancelled) { _ = try await already.value }
            #expect(pool.statistics == .init(inUse: 0, idle: 1, waiting: 0))
        }
    }

    @Test("a thousand waits, cancelled at random moments, leave no place taken")
    func randomCancellation() async throws {
        try await withPool {
            $0.size = 2
            $0.leaseTimeout = .seconds(30)
        } _: { pool in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<1_000 {
                    group.addTask {
                        let query = Task { try await pool.int("SELECT \(number)") }
                        for _ in 0..<Int.random(in: 0...200) { await Task.yield() }
                        if number % 2 == 0 { query.cancel() }
                        switch await query.result {
                        case .success(let answer): #expect(answer == number)
                        case .failure(let error): #expect((error as? PostgresError)?.kind == .cancelled, "\(error)")
                        }
                    }
                }
            }
            #expect(pool.statistics.inUse == 0 && pool.statistics.waiting == 0)
            for number in 0..<4 {
                let answer = try await pool.int("SELECT \(number)")
                #expect(answer == number)
            }
        }
    }

    @Test("a connection that the server closed while it was idle is not handed out")
    func closedWhileIdle() async throws {
        try await withPool {
            $0.size = 1
        } _: { pool in
            for _ in 0..<3 {
                let backend = try await pool.backend()
                try await Fixture.current.pool.query("SELECT pg_terminate_backend(\(backend), 5000)")
                #expect(try await pool.int("SELECT \(7)") == 7)
                #expect(try await pool.backend() != backend)
            }
        }
    }

    @Test("a pool whose run has ended refuses")
    func ended() async throws {
        let fixture = Fixture.current
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(url: fixture.url), reactor: fixture.reactor,
            logger: .init(label: "test"))
        let run = Task { await pool.run() }
        #expect(try await pool.int("SELECT 1") == 1)
        run.cancel()
        await run.value
        let error = await failure(.connection) { try await pool.query("SELECT 1") }
        #expect(error?.operation == "lease")
        try await eventually("its connections are closed") {
            try await fixture.pool.int(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = \(fixture.database) AND application_name = 'sasando'"
            ) == 0
        }
    }
}

@Suite("The server dies", .serialized)
struct RestartTests {
    @Test(
        "under load: every query ends, those during the outage within two seconds, and all heals",
        .timeLimit(.minutes(2)))
    func restart() async throws {
        let cluster = try await Cluster()
        var configuration = try PostgresConfiguration(url: cluster.url(database: "postgres"))
        configuration.maximumWaiters = 100
        try await PostgresPool.with(configuration, reactor: cluster.reactor, logger: .init(label: "test")) { pool in
            try await pool.query("CREATE TABLE t (worker int, number int, PRIMARY KEY (worker, number))")
            let progress = Progress()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<16 {
                    group.addTask { try await self.work(worker, on: pool, progress) }
                }
                await eventually("work is done") { progress.done.load(ordering: .relaxed) > 500 }
                await cluster.killPostmaster()
                await eventually("the outage is felt") { progress.failed.load(ordering: .relaxed) > 16 }
                try await cluster.restart()
                let healed = ContinuousClock.now
                let before = progress.done.load(ordering: .relaxed)
                await eventually("work goes on") { progress.done.load(ordering: .relaxed) > before + 500 }
                #expect(healed.duration(to: .now) < .seconds(5))
                progress.isOver.store(true, ordering: .relaxed)
                try await group.waitForAll()
            }
            // Nothing acknowledged is missing, and nothing that the server refused is there.
            let stored = Set(
                try await pool.query("SELECT worker, number FROM t").decode((Int, Int).self).map { $0 * 1_000_000 + $1 }
            )
            let lost = progress.acknowledged.withLock { $0.subtracting(stored) }
            #expect(lost.isEmpty)
            let surplus = progress.acknowledged.withLock { acknowledged in
                progress.unknown.withLock { stored.subtracting(acknowledged).subtracting($0) }
            }
            #expect(surplus.isEmpty)
            for number in 0..<20 { #expect(try await pool.int("SELECT \(number)") == number) }
            #expect(pool.statistics.inUse == 0 && pool.statistics.waiting == 0)
        }
    }

    final class Progress: Sendable {
        let done = Atomic(0)
        let failed = Atomic(0)
        let isOver = Atomic(false)
        let acknowledged = Mutex<Set<Int>>([])
        let unknown = Mutex<Set<Int>>([])
    }

    private func work(_ worker: Int, on pool: PostgresPool, _ progress: Progress) async throws {
        var number = 0
        while !progress.isOver.load(ordering: .relaxed) {
            number += 1
            let key = worker * 1_000_000 + number
            let started = ContinuousClock.now
            do throws(PostgresError) {
                let sql: SQL = "INSERT INTO t VALUES (\(Int32(worker)), \(Int32(number)))"
                if number % 2 == 0 { try await pool.query(sql) } else { try await pool.transaction([sql]) }
                progress.acknowledged.withLock { _ = $0.insert(key) }
                progress.done.add(1, ordering: .relaxed)
            } catch {
                #expect(error.isRetryable, "\(error)")
                if error.outcomeIsUnknown { progress.unknown.withLock { _ = $0.insert(key) } }
                progress.failed.add(1, ordering: .relaxed)
            }
            #expect(started.duration(to: .now) < .seconds(2))
        }
    }
}
