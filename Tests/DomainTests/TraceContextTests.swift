import Domain
import Testing

@Suite struct TraceContextTests {
    private static let example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func `a traceparent is read and written as it was`() throws {
        let trace = try #require(TraceContext(text: Self.example))
        #expect(trace.text == Self.example)
        #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.isSampled)
    }

    @Test func `of a later version the known part is read, and written as version 00`() throws {
        let later = "cc" + Self.example.dropFirst(2)
        #expect(TraceContext(text: later)?.text == Self.example)
        #expect(TraceContext(text: later + "-what-the-future-brings")?.text == Self.example)
    }

    @Test func `of the flags only sampled is kept`() {
        #expect(TraceContext(text: Self.example.dropLast(2) + "fe")?.text == Self.example.dropLast(2) + "00")
        #expect(TraceContext(text: Self.example.dropLast(2) + "ff")?.text == Self.example)
    }

    @Test(
        arguments: [
            "", "00", String(example.dropLast()), example + "-", example + "0", "ff" + example.dropFirst(2),
            "cc" + example.dropFirst(2) + "0", example.uppercased(), example.replacing("-", with: "_"),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333 -01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            " 0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-é1",
        ])
    func `what the recommendation calls invalid is none`(text: String) {
        #expect(TraceContext(text: text) == nil)
    }

    @Test func `who hands a trace on keeps its id and names itself`() throws {
        let trace = try #require(TraceContext(text: Self.example)).handedOn(by: 0xbeef)
        #expect(trace.text == "00-0af7651916cd43dd8448eb211c80319c-000000000000beef-01")
    }

    @Test func `one of our own is valid whatever the random numbers are`() {
        for random: (UInt64, UInt64, UInt64) in [(0, 0, 0), (1, 0, 0), (0, 7, 9), (.max, .max, .max)] {
            let trace = TraceContext(random: random)
            #expect(TraceContext(text: trace.text) == trace)
        }
    }
}
