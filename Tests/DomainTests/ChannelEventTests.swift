import Domain
import FoundationEssentials
import Testing

/// What a channel is told of an agency's event.
@Suite struct ChannelEventTests {
    private static let before = #"{"specversion":"1.0","id":"019ab3a0-0000-7000-8000-000000000001","source":"#
    private static let trace = #""traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","#

    private static func event(_ type: String, _ data: String, source: String = "dlhk", sequence: Int64 = 7) -> String {
        before + #""/kupang/streams/\#(source)","type":"sasando.report.\#(type)","subject":"r","#
            + #""time":"2026-11-24T09:05:00.000+08:00","sequence":"\#(EventBody.digits(sequence))",\#(trace)"#
            + #""datacontenttype":"application/json","data":{\#(data)}}"#
    }

    private static func copy(_ text: String) -> ChannelEvent {
        ChannelEvent(copying: text, to: .channel("contoh"), of: "kupang")
    }

    @Test func `it is the same event in another stream, with a number of its own`() throws {
        let data = #""lat":-10.148,"note":"a\nb \"c\" é","status":"assigned","version":2"#
        guard case .told(let body) = Self.copy(Self.event("acknowledged", data)) else { throw Untold() }
        #expect(
            body.text(sequence: 42) == Self.event("acknowledged", data, source: "channel/contoh", sequence: 42))
    }

    @Test func `what officers note for themselves, and who acted, stays with them`() throws {
        let data = #""actor":"petugas","internal_note":"rahasia","note":"terbuka","version":2"#
        guard case .told(let body) = Self.copy(Self.event("held", data)) else { throw Untold() }
        #expect(
            body.text(sequence: 1)
                == Self.event("held", #""note":"terbuka","version":2"#, source: "channel/contoh", sequence: 1))
    }

    @Test(arguments: [
        (#""internal_note":"rahasia","version":2"#, false), (#""internal_note":"x","note":"y","version":2"#, true),
        (#""internal_note":"x","media":[{"url":"/a"}],"version":2"#, true), (#""redacted":true,"version":2"#, true),
    ])
    func `a comment that is for the agency alone is not told`(_ data: String, _ isTold: Bool) {
        let copy = Self.copy(Self.event("commented", data))
        #expect(isTold ? copy != .untold : copy == .untold)
    }

    @Test func `an event that was redacted in the store, by its own spelling of JSON, is told`() throws {
        let text = #"{"id": "e", "data": {"redacted": true, "version": 2}, "time": "t", "type": "x", "sequence": "9"}"#
        guard case .told(let body) = Self.copy(text) else { throw Untold() }
        #expect(body.prefix.hasSuffix(#""time":"t","sequence":""#))
        #expect(body.suffix == #"","data":{"redacted":true,"version":2}}"#)
    }

    @Test(arguments: ["", "[]", "{}", #"{"data":7}"#, #"{"data":{"#])
    func `what is no event is not told as one`(_ text: String) {
        #expect(Self.copy(text) == .unreadable)
    }

    private struct Untold: Error {}
}

/// In which order a channel's stream gets what several agencies' streams hold.
@Suite struct CopyPlanTests {
    /// A history of commits, each of which writes to one or two streams, that is read a window at a time.
    private struct World {
        var streams: [AgencyCode: [CopiedEvent]] = ["a": [], "b": [], "c": []]
        var holders: [UUID: (agency: AgencyCode, version: Int)] = [:]
        var written = 0

        mutating func append(_ agency: AgencyCode, _ report: UUID, _ version: Int, _ type: EventType, _ clock: Int) {
            let seq = Int64(streams[agency]!.count + 1)
            // Clocks lie: the time says little about the order.
            streams[agency]!.append(
                CopiedEvent(
                    source: agency, seq: seq, report: report, version: version, type: type.rawValue,
                    occurredAt: Timestamp(seconds: 1_764_000_000).adding(seconds: clock), comesTooSoon: false))
            written += 1
        }

        mutating func commit(_ random: inout some RandomNumberGenerator, clock: Int) {
            let clock = clock + Int.random(in: -3...3, using: &random)
            guard let (report, held) = holders.randomElement(using: &random), Int.random(in: 0..<4, using: &random) > 0
            else {
                let report = UUID()
                let agency = ["a", "b", "c"].randomElement(using: &random)! as AgencyCode
                holders[report] = (agency, 1)
                return append(agency, report, 1, .assigned, clock)
            }
            let version = held.version + 1
            let next = ["a", "b", "c"].randomElement(using: &random)! as AgencyCode
            holders[report] = (next, version)
            guard next != held.agency else { return append(next, report, version, .commented, clock) }
            append(held.agency, report, version, .transferredOut, clock)
            append(next, report, version, .assigned, clock)
        }

        /// What a look finds after these positions, of each stream so many at most.
        func read(after: [AgencyCode: Int64], window: Int) -> (found: [CopiedEvent], reach: [AgencyCode: Int64]) {
            var reach: [AgencyCode: Int64] = [:]
            for (agency, events) in streams { reach[agency] = min(Int64(events.count), after[agency]! + Int64(window)) }
            var found: [CopiedEvent] = []
            for agency in streams.keys.sorted() {
                for var event in streams[agency]![Int(after[agency]!)..<Int(reach[agency]!)] {
                    event.comesTooSoon = streams.contains { other, events in
                        other != agency
                            && events.dropFirst(Int(reach[other]!)).contains {
                                $0.report == event.report && Self.place($0) < Self.place(event)
                            }
                    }
                    found.append(event)
                }
            }
            return (found, reach)
        }

        static func place(_ event: CopiedEvent) -> Int { event.version * 2 + (event.type == "assigned" ? 1 : 0) }
    }

    @Test(arguments: 0..<200)
    func `every event is copied once, a report's in their order, and never does all wait`(_ seed: UInt64) {
        var random = Seeded(seed)
        var world = World()
        var after: [AgencyCode: Int64] = ["a": 0, "b": 0, "c": 0]
        var copied: [CopiedEvent] = []
        let window = Int.random(in: 1...6, using: &random)
        for clock in 0..<60 { world.commit(&random, clock: clock) }
        var looks = 0
        while copied.count < world.written, looks < 10_000 {
            if looks < 60 { for _ in 0..<2 { world.commit(&random, clock: 60 + looks) } }
            let (found, reach) = world.read(after: after, window: window)
            let plan = CopyPlan(found, reach: reach)
            #expect(!plan.events.isEmpty || found.isEmpty, "nothing goes on, and something is there")
            copied += plan.events
            after = plan.reach
            looks += 1
        }
        #expect(copied.count == world.written)
        #expect(Set(copied.map { "\($0.source) \($0.seq)" }).count == world.written)
        var last: [UUID: Int] = [:]
        for event in copied {
            #expect(World.place(event) > last[event.report] ?? 0, "out of order")
            last[event.report] = World.place(event)
        }
    }

    @Test func `an event waits for the earlier one that was not read, and all behind it in its stream with it`() {
        let report = UUID()
        func event(_ seq: Int64, _ version: Int, tooSoon: Bool = false, of id: UUID = UUID()) -> CopiedEvent {
            CopiedEvent(
                source: "b", seq: seq, report: id, version: version, type: "assigned",
                occurredAt: Timestamp(seconds: 1), comesTooSoon: tooSoon)
        }
        let found = [event(4, 1), event(5, 2, tooSoon: true, of: report), event(6, 1), event(7, 3, of: report)]
        let plan = CopyPlan(found, reach: ["b": 7, "a": 100])
        #expect(plan.events == [found[0]])
        #expect(plan.reach == ["b": 4, "a": 100])
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
