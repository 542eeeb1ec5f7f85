import Synchronization
import Testing

@testable import Intake

@Suite("Room for reports in flight", .timeLimit(.minutes(1)))
struct IngressRoomTests {
    @Test("is taken until it is full, and who waits goes on when enough is given back")
    func waits() async {
        let room = IngressRoom(limit: 10)
        await room.take(7)
        await room.take(3)
        #expect(room.taken == 10)
        let isIn = Atomic<Bool>(false)
        let waiter = Task {
            await room.take(5)
            isIn.store(true, ordering: .relaxed)
        }
        while !room.isWaitedFor { await Task.yield() }
        room.giveBack(4)
        #expect(room.isWaitedFor && !isIn.load(ordering: .relaxed) && room.taken == 6)
        room.giveBack(1)
        await waiter.value
        #expect(room.taken == 10)
        room.giveBack(10)
        #expect(room.taken == 0)
    }

    @Test("what is larger than all of it takes all of it")
    func larger() async {
        let room = IngressRoom(limit: 10)
        await room.take(1_000)
        #expect(room.taken == 10)
        room.giveBack(1_000)
        #expect(room.taken == 0)
    }
}
