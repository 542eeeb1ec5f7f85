internal import Domain
internal import Streams
internal import Testing

/// Epoch 1 wrote 1 to 100 and lost what came after in a restore; epoch 2 began at 101. Events before 11 are gone.
private let extent = StreamExtent(
    epochs: [.init(epoch: 1, firstSeq: 1), .init(epoch: 2, firstSeq: 101)], head: 120, firstKept: 11)

struct CursorTests {
    @Test(arguments: ["1-10", "1-11", "1-100", "2-101", "2-120"])
    func `a position that can be continued from is accepted`(_ text: String) throws {
        try extent.check(try #require(Cursor(text: text)))
    }

    @Test(arguments: [
        ("1-101", CursorRefusal.wrongEpoch), ("1-120", .wrongEpoch), ("2-100", .wrongEpoch), ("3-110", .wrongEpoch),
        ("2-0", .wrongEpoch), ("2-121", .beyondHead), ("1-150", .beyondHead), ("1-9", .gone), ("1-0", .gone),
    ])
    func `any other is refused, and says why`(_ text: String, _ refusal: CursorRefusal) throws {
        let cursor = try #require(Cursor(text: text))
        #expect(throws: refusal) { try extent.check(cursor) }
    }

    @Test func `earliest and latest are positions of the epochs that wrote them`() {
        #expect(extent.earliest.text == "1-10")
        #expect(extent.latest.text == "2-120")
        let fresh = StreamExtent(epochs: [.init(epoch: 1, firstSeq: 1)], head: 0, firstKept: 1)
        #expect(fresh.earliest.text == "1-0")
        #expect(fresh.latest.text == "1-0")
    }

    @Test func `right after a restore the latest position is that of the last event that survived`() {
        let restored = StreamExtent(
            epochs: [.init(epoch: 1, firstSeq: 1), .init(epoch: 2, firstSeq: 101)], head: 100, firstKept: 1)
        #expect(restored.latest.text == "1-100")
    }
}
