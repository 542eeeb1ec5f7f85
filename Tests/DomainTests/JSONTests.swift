import Domain
import Testing

@Suite struct JSONTests {
    private static func read(_ text: String) throws -> JSONReader.Reading { try JSONReader.read(Array(text.utf8)) }

    @Test(
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("0", .int(0)), ("-12", .int(-12)), ("1.5e2", .double(150)),
            ("9223372036854775807", .int(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            (#""a\"\\\/\b\f\n\r\té""#, .string("a\"\\/\u{8}\u{c}\n\r\té")),
            (#""\u00e9\ud83d\ude00""#, .string("é😀")), ("[]", .array([])),
            ("[1,[2]]", .array([.int(1), .array([.int(2)])])),
            (#"{"a":{},"b":[null]}"#, .object(["a": .object([:]), "b": .array([.null])])),
            ("\u{FEFF}{}", .object([:])),
        ] as [(String, JSONValue)])
    func `JSON is read`(text: String, value: JSONValue) throws {
        let reading = try Self.read(text)
        #expect(reading.value == value && reading.faults.isEmpty)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "01", "-", "1.", ".5", "1e",
        "+1", "tru", "nul", "'a'", "\"a", "\"\\x\"", "\"\\u12\"", "\"a\nb\"", "1 1", "{} x", "0x10", "NaN1", "--1",
        String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    ])
    func `what is no JSON is unreadable`(text: String) {
        #expect(throws: JSONReader.Unreadable.self) { try Self.read(text) }
    }

    @Test func `bytes that are no UTF-8 are unreadable`() {
        #expect(throws: JSONReader.Unreadable.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONReader.Unreadable.self) { try JSONReader.read([0x22, 0xED, 0xA0, 0x80, 0x22]) }
    }

    @Test func `what can be read but not used is a fault with its pointer`() throws {
        let reading = try Self.read(
            #"{"a":{"b/c":[1,NaN,-Infinity]},"d~":"x\ud800y","e":1e999,"f":1,"f":2,"g":"\udc00\ud800"}"#)
        #expect(
            reading.faults == [
                Fault(.notANumber, at: "/a/b~1c/1"), Fault(.notANumber, at: "/a/b~1c/2"),
                Fault(.loneSurrogate, at: "/d~0"), Fault(.numberOutOfRange, at: "/e"),
                Fault(.duplicateMember, at: "/f", "f"), Fault(.loneSurrogate, at: "/g"),
            ])
        #expect(reading.value["d~"] == .string("x\u{FFFD}y"))
    }

    @Test func `the writer gives exact bytes`() {
        var writer = JSONWriter()
        writer.object {
            $0.member("text", "a\"b\\c\nd\re\tf\u{1}g\u{1f}/é\u{2028}")
            $0.member("whole", Int64.min)
            $0.member("double", 0.1)
            $0.member("large", 1e300)
            $0.member("nan", Double.nan)
            $0.member("none", String?.none)
            $0.member("yes", true)
            $0.key("list")
            $0.array {
                $0.value(1)
                $0.beginObject()
                $0.endObject()
                $0.null()
                $0.raw("[1]")
            }
            $0.member("tree", JSONValue.object(["b": .int(1), "a": .array([.bool(false), .double(2)])]))
        }
        #expect(
            writer.string
                == #"{"text":"a\"b\\c\nd\re\tf\u0001g\u001f/é"# + "\u{2028}"
                + #"","whole":-9223372036854775808,"double":0.1,"large":1e+300,"nan":null,"none":null,"yes":true,"#
                + #""list":[1,{},null,[1]],"tree":{"a":[false,2.0],"b":1}}"#)
    }

    @Test func `what was written is read back`() throws {
        for text in ["", "\u{0}\u{7f}\u{80}", "😀\u{10FFFF}", "\\\"\\u0041", "\r\n"] {
            var writer = JSONWriter()
            writer.value(text)
            #expect(try JSONReader.read(writer.bytes).value == .string(text))
        }
        for number in [0.1, -123.646, .leastNonzeroMagnitude, 1.7976931348623157e308, 1e21] {
            var writer = JSONWriter()
            writer.value(number)
            #expect(try JSONReader.read(writer.bytes).value == .double(number))
        }
    }
}
