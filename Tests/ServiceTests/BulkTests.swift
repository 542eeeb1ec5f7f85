import Domain
import Testing

@testable import Intake

@Suite("Patience of an upload")
struct BulkPatienceTests {
    private let start = ContinuousClock.now

    @Test("waits longer each time, up to a second, until its bound", arguments: [BulkPatience.Reason.full, .away])
    func waiting(reason: BulkPatience.Reason) throws {
        let state = BulkPatience()
        let bound = try #require(BulkPatience.State.bound[reason])
        var (now, pauses): (ContinuousClock.Instant, [Duration]) = (start, [])
        while let pause = state.failed(reason, at: now) {
            #expect(state.mayTry(at: now))
            pauses.append(pause)
            now += pause
            guard pauses.count < 10_000 else { break }
        }
        #expect(pauses.first == .milliseconds(50) && pauses.max() == .seconds(1))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(now - start >= bound && now - start <= bound + .seconds(1))
    }

    @Test("once it is over one record a second tries, and the others are given up at once")
    func over() {
        let state = BulkPatience()
        _ = state.failed(.away, at: start)
        let late = start + .seconds(60)
        #expect(state.failed(.away, at: late) == nil)
        #expect(state.mayTry(at: late))
        #expect(!state.mayTry(at: late + .milliseconds(999)))
        #expect(state.mayTry(at: late + .seconds(1)))
        #expect(state.failed(.away, at: late + .seconds(1)) == nil)
    }

    @Test("what is stored ends it")
    func success() {
        let state = BulkPatience()
        _ = state.failed(.away, at: start)
        _ = state.failed(.away, at: start + .seconds(60))
        state.succeeded()
        #expect(state.mayTry(at: start + .seconds(60)) && state.mayTry(at: start + .seconds(60)))
        #expect(state.failed(.away, at: start + .seconds(61)) == .milliseconds(50))
    }
}

@Suite("Order of an upload's answers")
struct BulkAnswersTests {
    @Test("blocks end in any order, and are given in their own")
    func order() {
        var answers = BulkAnswers()
        let numbers = (0..<5).map { _ in answers.begin() }
        #expect(numbers == [0, 1, 2, 3, 4] && answers.underWay == 5)
        var given: [[[UInt8]]] = []
        var underWay: [Int] = []
        for (number, bytes) in [(2, [2]), (0, [0]), (1, [1]), (4, [4]), (3, [])] as [(Int, [UInt8])] {
            given.append(answers.take(.init(number: number, bytes: bytes)))
            underWay.append(answers.underWay)
        }
        #expect(given == [[], [[0]], [[1], [2]], [], [[], [4]]])
        #expect(underWay == [5, 4, 2, 2, 0])
    }
}

@Suite("Lines of an upload's answer")
struct BulkAnswerTests {
    @Test("a refused record names its line, its status and what is wrong")
    func refused() {
        let line = String(decoding: BulkAnswer.unreadable("Not readable.").bytes(line: 7), as: UTF8.self)
        #expect(
            line
                == "{\"line\":7,\"status\":400,\"errors\":[{\"pointer\":\"\",\"code\":\"unreadable\",\"message\":\"Not readable.\"}]}\n"
        )
    }
}
