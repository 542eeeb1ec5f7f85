import Reactor
import Synchronization
import Testing

/// Runs `body` with a reactor that is stopped afterwards, and waits for its thread to end.
@discardableResult
func withReactor<Value>(_ body: (Reactor) async throws -> Value) async throws -> Value {
    let reactor = Reactor(name: "test")
    do {
        let value = try await body(reactor)
        reactor.stop()
        await reactor.finished()
        return value
    } catch {
        reactor.stop()
        await reactor.finished()
        throw error
    }
}

actor Tally {
    let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    private(set) var count = 0
    private(set) var wasElsewhere = false

    init(_ reactor: Reactor) { self.reactor = reactor }

    func add() {
        if !reactor.isOnReactor { wasElsewhere = true }
        count += 1
    }

    nonisolated func addSynchronously() { assumeIsolated { $0.add() } }
}

@Suite struct ExecutorTests {
    @Test func `an actor runs on the reactor's thread, one job at a time`() async throws {
        try await withReactor { reactor async throws in
            let tally = Tally(reactor)
            await withTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask { for _ in 0..<2_000 { await tally.add() } }
                }
            }
            #expect(await tally.count == 16_000)
            #expect(await !tally.wasElsewhere)
        }
    }

    @Test func `two actors that share a reactor call each other without leaving its thread`() async throws {
        try await withReactor { reactor async throws in
            let one = Tally(reactor)
            let other = Tally(reactor)
            await reactor.run { one.addSynchronously() }
            await reactor.run { other.addSynchronously() }
            #expect(await one.count == 1)
            #expect(await other.count == 1)
        }
    }

    @Test func `only its own thread is on the reactor`() async throws {
        try await withReactor { reactor async throws in
            #expect(!reactor.isOnReactor)
            #expect(await reactor.run { reactor.isOnReactor })
        }
    }

    @Test func `blocks run in the order in which they were posted, across rounds`() async throws {
        try await withReactor { reactor async throws in
            let order = Box<[Int]>([])
            for number in 0..<5_000 { reactor.post { order.append(number) } }
            let seen = await reactor.run { order.numbers }
            #expect(seen == Array(0..<5_000))
        }
    }

    @Test func `run hands on what its body throws`() async throws {
        try await withReactor { reactor async throws in
            await #expect(throws: CancellationError.self) {
                try await reactor.run { throw CancellationError() }
            }
        }
    }

    @Test func `a job that comes after the end still runs`() async throws {
        let reactor = Reactor(name: "late")
        let tally = Tally(reactor)
        await tally.add()
        reactor.stop()
        await reactor.finished()
        await tally.add()
        #expect(await tally.count == 2)
        #expect(await !tally.wasElsewhere)
        await reactor.finished()
        #expect(!reactor.isOnReactor)
    }

    @Test func `stopping runs what is queued first`() async throws {
        let reactor = Reactor(name: "stop")
        let order = Box<[Int]>([])
        for number in 0..<100 { reactor.post { order.append(number) } }
        reactor.post { reactor.post { order.append(100) } }
        reactor.stop()
        await reactor.finished()
        #expect(order.numbers == Array(0...100))
    }

    @Test func `a stopped reactor is freed with its thread`() async throws {
        weak var weakly: Reactor?
        do {
            let reactor = Reactor(name: "freed")
            weakly = reactor
            reactor.stop()
            await reactor.finished()
        }
        // The thread gives its own reference up just after it said that it ended.
        let limit = ContinuousClock.now.advanced(by: .seconds(10))
        while weakly != nil, ContinuousClock.now < limit { await Task.yield() }
        #expect(weakly == nil)
    }
}

/// A value that closures on several threads share.
final class Box<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    var current: Value { value.withLock { $0 } }

    func set(_ change: (inout Value) -> Void) {
        value.withLock { value in change(&value) }
    }
}

extension Box where Value == [Int] {
    func append(_ number: Int) { set { $0.append(number) } }
    var numbers: [Int] { current }
}
