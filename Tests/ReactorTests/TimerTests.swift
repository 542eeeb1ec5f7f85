import Reactor
import TestSupport
import Testing

@Suite struct TimerTests {
    @Test func `sleeps end in the order of their deadlines`() async throws {
        try await withReactor { reactor async throws in
            let start = ContinuousClock.now
            let order = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in [3, 1, 2] {
                    group.addTask {
                        // pause: it is what is tested
                        try await reactor.sleep(until: start.advanced(by: .milliseconds(20 * number)))
                        return number
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(order == [1, 2, 3])
            #expect(start.duration(to: .now) >= .milliseconds(60))
        }
    }

    @Test func `a cancelled sleep ends at once`() async throws {
        try await withReactor { reactor async throws in
            // pause: it is what is tested
            let task = Task { try await reactor.sleep(for: .seconds(3_600)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `of timers set, moved and cancelled at random, exactly those left fire, in order`() async throws {
        var random = SeededGenerator(seed: 11)
        let steps = (0..<2_000).map { _ in
            (timer: Int.random(in: 0..<200, using: &random), time: Int.random(in: -1..<40, using: &random))
        }
        try await withReactor { reactor async throws in
            let fired = Box<[Int]>([])
            let timers = Box<[ReactorTimer]>([])
            let expected = await reactor.run {
                let start = ContinuousClock.now
                let all = (0..<200).map { number in reactor.timer { fired.append(number) } }
                timers.set { $0 = all }
                var times: [Int: Int] = [:]
                for (number, time) in steps {
                    if time < 0 {
                        all[number].cancel()
                        times[number] = nil
                    } else {
                        // Distinct deadlines, so that there is one right order.
                        let offset = Duration.milliseconds(time) + .microseconds(number)
                        all[number].set(at: start.advanced(by: offset))
                        times[number] = time * 1_000 + number
                    }
                }
                return times.sorted { $0.value < $1.value }.map(\.key)
            }
            // pause: a timer that fires although it was cancelled would do so by then
            try await reactor.sleep(for: .milliseconds(45))
            #expect(await reactor.run { fired.numbers } == expected)
            #expect(expected.count > 100)
        }
    }

    @Test func `a timer can be set again from its own handler`() async throws {
        try await withReactor { reactor async throws in
            let timers = Box<[ReactorTimer]>([])
            await withCheckedContinuation { continuation in
                reactor.post {
                    let left = Box<[Int]>([])
                    let timer = reactor.timer {
                        left.append(0)
                        if left.numbers.count == 5 { return continuation.resume() }
                        timers.current[0].set(after: .milliseconds(1))
                    }
                    timers.set { $0 = [timer] }
                    timer.set(after: .zero)
                }
            }
            #expect(await reactor.run { timers.current[0].isSet } == false)
        }
    }
}
