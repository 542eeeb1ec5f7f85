internal import Runtime
internal import Testing

@Suite("Segments of a path")
struct PathSegmentTests {
    @Test(
        "percent-encoding is undone, once",
        arguments: [
            ("A-1", "A-1"), ("a%2Fb", "a/b"), ("a%2fb", "a/b"), ("%C3%A4+%20", "ä+ "), ("%252F", "%2F"), ("", ""),
            ("ä", "ä"),
        ])
    func decoding(segment: String, text: String) {
        #expect(PathSegment.text(segment) == text)
    }

    @Test("what is no percent-encoded UTF-8 is no text", arguments: ["%", "%2", "%zz", "a%", "%FF", "%C3", "%C3%28"])
    func refusing(segment: String) {
        #expect(PathSegment.text(segment) == nil)
    }
}
