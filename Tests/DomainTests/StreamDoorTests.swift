import Domain
import Testing

@Suite("A stream over ZeroMQ: what is said")
struct StreamCommandTests {
    private static func frames(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    private func fault(_ texts: [String], isCut: Bool = false) -> StreamFault? {
        do throws(StreamFault) {
            _ = try StreamCommand(Self.frames(texts), isCut: isCut)
            return nil
        } catch { return error }
    }

    @Test(
        "what is well-formed is read",
        arguments: [
            (["HELLO", ""], .hello(.beginning)), (["HELLO", "latest"], .hello(.latest)),
            (["HELLO", "1-0"], .hello(.after(Cursor(epoch: 1, seq: 0)))),
            (["HELLO", "2147483647-9223372036854775807"], .hello(.after(Cursor(epoch: 2_147_483_647, seq: .max)))),
            (["CREDIT", "1"], .credit(1)), (["CREDIT", "0042"], .credit(42)),
            (["CREDIT", "1000000"], .credit(1_000_000)),
            (["ACK", "3-7"], .acknowledge(Cursor(epoch: 3, seq: 7))),
        ] as [([String], StreamCommand)])
    func good(frames: [String], command: StreamCommand) throws {
        #expect(try StreamCommand(Self.frames(["sasando/1"] + frames)) == command)
    }

    @Test(
        "what is malformed says how",
        arguments: [
            ([], .version), ([""], .version), (["sasando/2", "HELLO", ""], .version),
            (["", "sasando/1", "HELLO"], .version),
            (["sasando/1"], .frames), (["sasando/1", "HELLO"], .frames), (["sasando/1", "HELLO", "", ""], .frames),
            (["sasando/1", "hello", ""], .command), (["sasando/1", "", ""], .command),
            (["sasando/1", "EVENT", "1-1"], .command), (["sasando/1", "HELLO", "x"], .cursor),
            (["sasando/1", "HELLO", "0-1"], .cursor), (["sasando/1", "HELLO", "1-01"], .cursor),
            (["sasando/1", "HELLO", " 1-1"], .cursor), (["sasando/1", "ACK", ""], .cursor),
            (["sasando/1", "ACK", "latest"], .cursor), (["sasando/1", "CREDIT", ""], .credit),
            (["sasando/1", "CREDIT", "0"], .credit), (["sasando/1", "CREDIT", "-1"], .credit),
            (["sasando/1", "CREDIT", "+1"], .credit), (["sasando/1", "CREDIT", "1000001"], .credit),
            (["sasando/1", "CREDIT", "99999999999999999999"], .credit),
            (["sasando/1", "HELLO", String(repeating: "1", count: 41)], .cursor),
        ] as [([String], StreamFault)])
    func malformed(frames: [String], expected: StreamFault) {
        #expect(fault(frames) == expected)
    }

    @Test("a message that was cut has too many frames, and bytes that are no text are no argument")
    func cut() {
        #expect(fault(["sasando/1", "HELLO", ""], isCut: true) == .frames)
        #expect(throws: StreamFault.cursor) {
            try StreamCommand([Array("sasando/1".utf8), Array("HELLO".utf8), [0xff, 0xfe]])
        }
    }

    @Test("replies have their frames, and every fault a code of its own and a sentence")
    func replies() {
        func texts(_ reply: StreamReply) -> [String] { reply.frames.map { String(decoding: $0, as: UTF8.self) } }
        #expect(texts(.welcome(head: Cursor(epoch: 2, seq: 40))) == ["sasando/1", "WELCOME", "2", "40"])
        #expect(texts(.heartbeat) == ["sasando/1", "HEARTBEAT"])
        #expect(texts(.error([0x7b, 0x7d])) == ["sasando/1", "ERROR", "{}"])
        #expect(Set(StreamFault.allCases.map(\.code)).count == StreamFault.allCases.count)
        #expect(StreamFault.allCases.allSatisfy { $0.message.hasSuffix(".") })
        #expect(StreamFault.allCases.filter(\.isConflict) == [.noHello, .ahead])
    }
}

@Suite("A stream over ZeroMQ: what is due")
struct StreamSessionTests {
    private static let start = ContinuousClock.now
    private var start: ContinuousClock.Instant { Self.start }

    private func cursor(_ seq: Int64) -> Cursor { Cursor(epoch: 1, seq: seq) }

    /// After `["HELLO", "1-5"]` and its WELCOME.
    private func following() throws -> StreamSession {
        var session = StreamSession(hello: .after(cursor(5)), at: start)
        #expect(session.next(at: start) == .open(.after(cursor(5)), attempt: 1))
        #expect(session.opened(1, at: cursor(5), start) == .welcome)
        return session
    }

    @Test("nothing is sent without credit, and no more than there is")
    func credit() throws {
        var session = try following()
        #expect(session.next(at: start) == .wait)
        try session.take(.credit(3), at: start)
        #expect(session.next(at: start) == .send(atMost: 3, attempt: 1))
        session.sent(2, through: cursor(7), 1, at: start)
        #expect(session.next(at: start) == .send(atMost: 1, attempt: 1))
        session.sent(1, through: cursor(8), 1, at: start)
        #expect(session.next(at: start) == .wait && session.credit == 0 && session.reached == 8)
    }

    @Test("credit that comes before the position is known to be good counts")
    func early() throws {
        var session = StreamSession(hello: .latest, at: start)
        try session.take(.credit(2), at: start)
        try session.take(.acknowledge(cursor(99)), at: start)
        #expect(session.reached == nil)
        #expect(session.opened(1, at: cursor(9), start) == .welcome)
        #expect(session.next(at: start) == .send(atMost: 2, attempt: 1) && session.reached == 9)
    }

    @Test("credit has a bound, and what goes beyond it is not added")
    func bound() throws {
        var session = try following()
        try session.take(.credit(StreamSession.maximumCredit), at: start)
        #expect(throws: StreamFault.tooMuchCredit) { try session.take(.credit(1), at: start) }
        session.sent(1, through: cursor(6), 1, at: start)
        try session.take(.credit(1), at: start)
        #expect(session.credit == StreamSession.maximumCredit)
    }

    @Test("a second HELLO begins anew, and what was on its way for the first one no longer counts")
    func anew() throws {
        var session = try following()
        try session.take(.credit(10), at: start)
        try session.take(.hello(.beginning), at: start)
        #expect(session.credit == 0)
        #expect(session.next(at: start) == .open(.beginning, attempt: 2))
        try session.take(.credit(4), at: start)
        session.sent(3, through: cursor(8), 1, at: start)
        #expect(session.opened(1, at: cursor(8), start) == .stale)
        #expect(session.refused(1) == false)
        #expect(session.opened(2, at: cursor(0), start) == .welcome)
        #expect(session.next(at: start) == .send(atMost: 4, attempt: 2))
    }

    @Test("a refused HELLO: what follows it is passed over, until a better one")
    func refused() throws {
        var session = StreamSession(hello: .after(cursor(5)), at: start)
        try session.take(.credit(7), at: start)
        #expect(session.refused(1) == true)
        try session.take(.credit(7), at: start)
        try session.take(.acknowledge(cursor(5)), at: start)
        #expect(session.next(at: start + .seconds(30)) == .wait && session.credit == 0)
        try session.take(.hello(.latest), at: start + .seconds(30))
        #expect(session.next(at: start + .seconds(30)) == .open(.latest, attempt: 2))
    }

    @Test("ACK is the consumer's word for how far it is; it never goes back, nor beyond what was sent")
    func acknowledging() throws {
        var session = try following()
        try session.take(.credit(10), at: start)
        session.sent(5, through: cursor(10), 1, at: start)
        #expect(session.reached == 10)
        try session.take(.acknowledge(cursor(8)), at: start)
        try session.take(.acknowledge(cursor(7)), at: start)
        #expect(session.reached == 8)
        #expect(throws: StreamFault.ahead) { try session.take(.acknowledge(cursor(11)), at: start) }
        #expect(throws: StreamFault.ahead) {
            try session.take(.acknowledge(Cursor(epoch: 2, seq: 9)), at: start)
        }
        #expect(session.reached == 8)
    }

    @Test("five seconds without anything sent are a heartbeat, with credit and without")
    func heartbeats() throws {
        var session = try following()
        let almost = start + .milliseconds(4_999), due = start + .seconds(5)
        #expect(session.next(at: almost) == .wait && session.next(at: due) == .heartbeat)
        try session.take(.credit(10), at: start)
        #expect(session.next(at: due) == .heartbeat)
        session.sentHeartbeat(at: due)
        #expect(session.next(at: due) == .send(atMost: 10, attempt: 1))
        session.sent(1, through: cursor(6), 1, at: due + .seconds(4))
        #expect(session.next(at: due + .seconds(8)) == .send(atMost: 9, attempt: 1))
    }

    @Test("who gives no credit and no word for a minute is let go; who has credit left is not")
    func silence() throws {
        var session = try following()
        let minute = start + StreamSession.patience
        #expect(session.next(at: minute) == .letGo)
        try session.take(.acknowledge(cursor(5)), at: start + .seconds(59))
        #expect(session.next(at: minute) == .heartbeat)
        #expect(session.next(at: minute + .seconds(59)) == .letGo)
        try session.take(.credit(1), at: start + .seconds(59))
        #expect(session.next(at: minute + .seconds(3_600)) == .heartbeat)
        var refused = StreamSession(hello: .beginning, at: start)
        _ = refused.refused(1)
        #expect(refused.next(at: minute) == .letGo)
    }

    @Test("a stream that broke off is looked at anew from where the consumer is, and goes on without a word")
    func brokenOff() throws {
        var session = try following()
        try session.take(.credit(10), at: start)
        session.sent(2, through: cursor(7), 1, at: start)
        session.brokeOff(1)
        #expect(session.next(at: start) == .open(.after(cursor(7)), attempt: 2))
        #expect(session.opened(2, at: cursor(7), start) == .goOn)
        #expect(session.next(at: start) == .send(atMost: 8, attempt: 2))
        session.brokeOff(1)
        #expect(session.next(at: start) == .send(atMost: 8, attempt: 2), "of an attempt that is over")
    }
}
