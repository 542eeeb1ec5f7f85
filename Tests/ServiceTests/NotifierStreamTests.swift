import Domain
import FoundationEssentials
import NIOCore
import Runtime
import Testing

@testable import Notifier
@testable import Streams

@Suite("What live consumers are sent")
struct NotifierStreamTests {
    private func event(_ seq: Int64) -> StoredEvent {
        StoredEvent(cursor: Cursor(epoch: 3, seq: seq), id: UUID(), type: "held", body: #"{"n":\#(seq)}"#)
    }

    private func frame(_ seq: Int64) -> String {
        "event: sasando.report.held\ndata: {\"n\":\(seq)}\nid: 3-\(seq)\n\n"
    }

    @Test("a block can be sent from any of its events on")
    func slices() {
        let block = SSEBlock((7...9).map(event))
        #expect(String(buffer: block.bytes) == frame(7) + frame(8) + frame(9))
        #expect(String(buffer: block.bytes(from: 0)) == frame(7) + frame(8) + frame(9))
        #expect(String(buffer: block.bytes(from: 1)) == frame(8) + frame(9))
        #expect(String(buffer: block.bytes(from: 2)) == frame(9))
    }

    @Test("a heartbeat is a comment and one newline")
    func heartbeat() { #expect(String(buffer: SSEBlock.heartbeat) == ": hb\n") }

    @Test("the more consumers, the longer the tail gathers; the more behind, the smaller their pages")
    func seats() {
        let seats = ConsumerSeats(limit: 300)
        #expect(seats.pause == .milliseconds(1))
        var taken: [ConsumerSeats.Seat] = []
        for _ in 0..<100 { if let seat = seats.take(.sse) { taken.append(seat) } }
        #expect(seats.pause == .milliseconds(10))
        #expect(seats.pageBytes == 512 << 10)
        for _ in 0..<1_024 { seats.setBehind(true) }
        #expect(seats.pageBytes == 48 << 10)
        for _ in 0..<6_000 { seats.setBehind(true) }
        #expect(seats.pageBytes == 16 << 10)
        taken.removeAll()
        #expect(seats.taken == 0)
        #expect(seats.pause == .milliseconds(1))
    }

    @Test("an event says near its beginning how old it is, which report it is about and in which trace")
    func marks() throws {
        let at = Timestamp.now.adding(seconds: -10)
        let body =
            #"{"specversion":"1.0","id":"x","source":"/kupang/streams/dlhk","type":"sasando.report.held","#
            + #""subject":"019ab39f-0000-7000-8000-000000000002","time":"\#(at.rfc3339(offsetSeconds: 28_800))","#
            + #""sequence":"1","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data":{}}"#
        let marks = EventMarks(StoredEvent(cursor: Cursor(epoch: 1, seq: 1), id: UUID(), type: "held", body: body))
        let age = try #require(marks.age)
        #expect((.seconds(9)...(.seconds(12))).contains(age))
        let line = try #require(marks.line(in: "dlhk"))
        #expect(line.report == "019ab39f-0000-7000-8000-000000000002")
        #expect(line.trace == "0af7651916cd43dd8448eb211c80319c")
        #expect(EventMarks(event(1)).age == nil)
        #expect(EventMarks(event(1)).line(in: "dlhk") == nil)
    }
}
