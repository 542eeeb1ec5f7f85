import Testing

@testable import PostgreSQL

@Suite("The pool's decisions")
struct PoolMachineTests {
    typealias Action = PoolMachine.Action
    let start = ContinuousClock.now

    func machine(size: Int = 2, waiters: Int = 3) -> PoolMachine {
        PoolMachine(
            limits: .init(
                size: size, maximumWaiters: waiters, leaseTimeout: .seconds(1), patience: .milliseconds(20),
                initialDelay: .milliseconds(50), maximumDelay: .milliseconds(300)))
    }

    @Test("one connection is opened before anyone asks, another for those whom it does not serve soon, one at a time")
    func opening() {
        var machine = machine()
        #expect(machine.start() == [.open(after: .zero)])
        for id in 1...3 { #expect(machine.lease(id, now: start).1 == []) }
        #expect(machine.opened(7) == [.grant(7, to: 1), .open(after: .milliseconds(20))])
        let isWanted = machine.stillOpens()
        #expect(isWanted && machine.opening == 1)
        // No more than the size.
        #expect(machine.opened(8) == [.grant(8, to: 2)])
        #expect(machine.opening == 0)
    }

    @Test("a connection that nobody waits for any more is not opened, and is again when somebody does")
    func notWanted() {
        var machine = machine()
        _ = machine.start()
        for id in 1...2 { _ = machine.lease(id, now: start) }
        #expect(machine.opened(7) == [.grant(7, to: 1), .open(after: .milliseconds(20))])
        #expect(machine.release(7, isUsable: true) == [.grant(7, to: 2)])
        let isWanted = machine.stillOpens()
        #expect(!isWanted && machine.opening == 0)
        let (answer, actions) = machine.lease(3, now: start)
        #expect(answer == .queued && actions == [.open(after: .milliseconds(20))])
    }

    @Test("callers are served in the order of asking, and nobody overtakes")
    func order() {
        var machine = machine(size: 1)
        _ = machine.start()
        #expect(machine.lease(1, now: start).0 == .queued)
        #expect(machine.lease(2, now: start).0 == .queued)
        #expect(machine.opened(7) == [.grant(7, to: 1)])
        #expect(machine.lease(3, now: start).0 == .queued)
        #expect(machine.release(7, isUsable: true) == [.grant(7, to: 2)])
        #expect(machine.release(7, isUsable: true) == [.grant(7, to: 3)])
        #expect(machine.release(7, isUsable: true) == [])
        #expect(machine.lease(4, now: start).0 == .granted(7))
    }

    @Test("past the bound a caller is refused, and a place that was given up is free again")
    func bound() {
        var machine = machine(size: 1, waiters: 2)
        #expect(machine.lease(1, now: start).0 == .queued)
        #expect(machine.lease(2, now: start).0 == .queued)
        #expect(machine.lease(3, now: start).0 == .refused)
        let gaveUp = (machine.abandon(1), machine.abandon(1))
        #expect(gaveUp == (true, false))
        #expect(machine.lease(4, now: start).0 == .queued)
        #expect(machine.opened(7) == [.grant(7, to: 2)])
    }

    @Test("waits end after the time-out, and only those that are over")
    func expiry() {
        var machine = machine()
        _ = machine.lease(1, now: start)
        _ = machine.lease(2, now: start + .milliseconds(500))
        _ = machine.lease(3, now: start + .milliseconds(600))
        _ = machine.abandon(1)
        #expect(machine.nextDeadline() == start + .milliseconds(1_500))
        #expect(machine.expire(now: start + .milliseconds(1_550)) == [2])
        #expect(machine.waiterCount == 1)
        #expect(machine.expire(now: start + .seconds(3)) == [3])
        #expect(machine.nextDeadline() == nil)
    }

    @Test("while the server is away, one attempt at a time is made, with growing waits")
    func backoff() {
        var machine = machine(size: 4)
        _ = machine.start()
        for id in 1...3 { _ = machine.lease(id, now: start) }
        #expect(machine.openFailed() == [.open(after: .milliseconds(50))])
        #expect(machine.openFailed() == [.open(after: .milliseconds(100))])
        #expect(machine.openFailed() == [.open(after: .milliseconds(200))])
        #expect(machine.openFailed() == [.open(after: .milliseconds(300))])
        #expect(machine.opened(1) == [.grant(1, to: 1), .open(after: .milliseconds(20))])
    }

    @Test("a broken connection is dropped, and another opened for those who wait")
    func broken() {
        var machine = machine(size: 1)
        _ = machine.start()
        _ = machine.opened(1)
        #expect(machine.lease(1, now: start).0 == .granted(1))
        #expect(machine.lease(2, now: start).1 == [])
        #expect(machine.release(1, isUsable: false) == [.drop(1), .open(after: .zero)])
        #expect(machine.release(1, isUsable: true) == [])
        #expect(machine.opened(2) == [.grant(2, to: 2)])
    }

    @Test("a closed pool refuses, tells those who wait and drops what comes back")
    func closing() {
        var machine = machine(size: 1)
        _ = machine.start()
        _ = machine.opened(1)
        _ = machine.lease(1, now: start)
        _ = machine.lease(2, now: start)
        let (told, actions) = machine.close()
        #expect(told == [2] && actions == [])
        #expect(machine.lease(3, now: start).0 == .closed)
        #expect(machine.release(1, isUsable: true) == [.drop(1)])
        #expect(machine.opening == 0)
    }
}

@Suite("A batch's progress")
struct BatchTests {
    let refusal = PostgresError(.server, operation: "query", message: "no", sqlState: "23505")

    @Test("rows come back in the order of the statements, without those of BEGIN and COMMIT")
    func success() {
        var batch = Batch<Int>(steps: [
            .execute(.begin), .prepare(name: "s1", for: .statement(0)), .execute(.statement(0)),
            .execute(.statement(1)), .execute(.commit), .sync,
        ])
        for event: Batch<Int>.Event in [
            .succeeded(0, tag: "BEGIN"), .end, .succeeded(0, tag: ""), .end, .succeeded(1, tag: "SELECT 1"), .end,
            .succeeded(2, tag: "SELECT 1"), .end, .succeeded(0, tag: "COMMIT"), .end, .sync,
        ] {
            #expect(!batch.isFinished)
            batch.receive(event)
        }
        #expect(batch.isFinished && !batch.isOutOfStep && batch.isCommitted)
        #expect(batch.rows == [1, 2] && batch.failure == nil && batch.unprepared == [])
    }

    @Test("the first failure is kept, with the statement's number, and what follows is not prepared")
    func failure() {
        var batch = Batch<Int>(steps: [
            .execute(.statement(0)), .prepare(name: "s1", for: .statement(1)), .execute(.statement(1)),
            .prepare(name: "s2", for: .statement(2)), .execute(.statement(2)), .execute(.commit), .sync,
        ])
        for event: Batch<Int>.Event in [
            .succeeded(1, tag: "SELECT 1"), .end, .succeeded(0, tag: ""), .end, .failed(refusal), .end, .aborted, .end,
            .aborted, .end, .aborted, .end, .sync,
        ] {
            batch.receive(event)
        }
        #expect(batch.isFinished && !batch.isCommitted)
        #expect(batch.failure?.statementIndex == 1 && batch.failure?.sqlState == .uniqueViolation)
        #expect(batch.unprepared == ["s2"])
    }

    @Test("a COMMIT that rolled back is a failure")
    func rolledBack() {
        var batch = Batch<Int>(steps: [.execute(.commit), .sync])
        batch.receive(.succeeded(0, tag: "ROLLBACK"))
        batch.receive(.end)
        batch.receive(.sync)
        #expect(batch.isFinished && !batch.isCommitted)
        #expect(batch.failure?.sqlState == .inFailedTransaction && batch.failure?.operation == "COMMIT")
    }

    @Test("a failed deallocation means nothing")
    func deallocation() {
        var batch = Batch<Int>(steps: [.deallocate(name: "s1"), .sync, .execute(.statement(0)), .sync])
        for event: Batch<Int>.Event in [.failed(refusal), .end, .sync, .succeeded(1, tag: ""), .end, .sync] {
            batch.receive(event)
        }
        #expect(batch.isFinished && batch.failure == nil && batch.rows == [1])
    }

    @Test("a sync where none belongs ends the batch as out of step")
    func outOfStep() {
        var batch = Batch<Int>(steps: [.execute(.statement(0)), .sync])
        batch.receive(.sync)
        #expect(batch.isFinished && batch.isOutOfStep)
    }
}

@Suite("The statement cache")
struct StatementCacheTests {
    @Test("a text is prepared once for each list of types, and known afterwards")
    func known() {
        var cache = StatementCache(capacity: 3)
        #expect(cache.lookUp("a \(1)") == .prepare(name: "s1"))
        #expect(cache.lookUp("a \(2)") == .known(name: "s1"))
        #expect(cache.lookUp("a \("2")") == .prepare(name: "s2"))
        #expect(cache.lookUp("a \(identifier: "x")") == .unnamed)
        cache.forget(name: "s1")
        #expect(cache.lookUp("a \(3)") == .prepare(name: "s3"))
    }

    @Test("the least recently used goes first, and is handed over to be deallocated")
    func eviction() {
        var cache = StatementCache(capacity: 2)
        for sql: SQL in ["a", "b", "a"] { _ = cache.lookUp(sql) }
        #expect(cache.lookUp("c") == .prepare(name: "s3"))
        #expect(cache.count == 2)
        #expect(cache.takeEvicted() == ["s2"])
        #expect(cache.takeEvicted() == [])
        cache.discard("a")
        #expect(cache.takeEvicted() == ["s1"])
    }
}
