import Domain
import FoundationEssentials
import Testing

@Suite struct CommandRequestTests {
    private static func read(_ command: Command, _ body: String) -> Result<CommandRequest, Faults>? {
        CommandRequest.read(command, body: Array(body.utf8), at: Sample.now, city: Sample.city)
    }

    private static func faults(_ command: Command, _ body: String) -> [String] {
        guard case .failure(let faults) = read(command, body) else { return [] }
        return faults.list.map { "\($0.pointer) \($0.code.rawValue)" }
    }

    @Test(
        arguments: [
            (.acknowledge, "", CommandRequest(.acknowledge)),
            (.start, "{}", CommandRequest(.start)),
            (.resume, #"{"else":1}"#, CommandRequest(.resume)),
            (.reopen, #"{"note":null}"#, CommandRequest(.reopen)),
            (
                .resolve, #"{"note":"Sudah diangkut","internal_note":"truk 3","actor":"Budi"}"#,
                CommandRequest(.resolve, note: "Sudah diangkut", internalNote: "truk 3", actor: "Budi")
            ),
            (.comment, #"{"internal_note":"cek"}"#, CommandRequest(.comment, internalNote: "cek")),
            (
                .hold, #"{"reason":"menunggu","until":"2026-11-25T09:00:00+08:00"}"#,
                CommandRequest(.hold(reason: "menunggu", until: Timestamp(rfc3339: "2026-11-25T01:00:00Z")))
            ),
            (
                .reject, #"{"reason":"not_ours","refer_to":"PDAM"}"#,
                CommandRequest(.reject(.notOurs, of: nil, referTo: "PDAM"))
            ),
            (
                .reject, #"{"reason":"duplicate","of":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}"#,
                CommandRequest(
                    .reject(.duplicate, of: .id(UUID(text: "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")!), referTo: nil))
            ),
            (
                .transfer, #"{"to":"dishub","reason":"lampu","category":"lampu_rambu","subtype":"lampu_lalin"}"#,
                CommandRequest(
                    .transfer(to: "dishub", reason: "lampu", category: "lampu_rambu", subtype: "lampu_lalin"))
            ),
            (
                .transfer, #"{"to":"pupr","subtype":"lampu_jalan"}"#,
                CommandRequest(.transfer(to: "pupr", reason: nil, category: nil, subtype: "lampu_jalan"))
            ),
        ] as [(Command, String, CommandRequest)])
    func `a command's body is read`(command: Command, body: String, request: CommandRequest) throws {
        #expect(try Self.read(command, body)?.get() == request)
    }

    @Test(
        arguments: [
            (.acknowledge, "[]", [" not_an_object"]),
            (
                .acknowledge, #"{"note":7,"actor":"","internal_note":"a\u0000"}"#,
                ["/note not_a_string", "/internal_note control_character", "/actor blank"]
            ),
            (.resolve, #"{"media":["x"]}"#, ["/media/0 unknown_media"]),
            (.comment, "{}", ["/note required"]),
            (.ask, #"{"note":"di mana?"}"#, ["/text required"]),
            (.ask, #"{"text":" "}"#, ["/text blank"]),
            (.contact, "{}", ["/reason required"]),
            (.contact, #"{"reason":"?"}"#, ["/reason too_short"]),
            (.hold, "{}", ["/reason required"]),
            (.hold, #"{"reason":"x","until":"2026-11-24T09:05:00+08:00"}"#, ["/until time_not_in_future"]),
            (.hold, #"{"reason":"x","until":"2028-11-24T09:05:00+08:00"}"#, ["/until time_too_far"]),
            (.hold, #"{"reason":" ","until":"besok"}"#, ["/until malformed_time", "/reason blank"]),
            (.reject, "{}", ["/reason required"]),
            (.reject, #"{"reason":"bored"}"#, ["/reason unknown_reason"]),
            (.reject, #"{"reason":"duplicate"}"#, ["/of required"]),
            (.reject, #"{"reason":"duplicate","of":"KPG-123"}"#, ["/of malformed_reference"]),
            (.transfer, "{}", ["/to required"]),
            (.transfer, #"{"to":"pln","category":"banjir"}"#, ["/to unknown_agency", "/category unknown_category"]),
            (.transfer, #"{"to":"pupr","category":"sampah","subtype":"x"}"#, ["/subtype unknown_subtype"]),
        ] as [(Command, String, [String])])
    func `a command's faults come all at once`(command: Command, body: String, expected: [String]) {
        #expect(Self.faults(command, body) == expected)
    }

    @Test func `texts end at 4000 characters`() {
        let long = String(repeating: "a", count: 4_001)
        #expect(Self.faults(.resolve, #"{"note":"\#(long)"}"#) == ["/note too_long"])
        #expect(Self.faults(.resolve, #"{"note":"\#(long.dropLast())"}"#) == [])
    }

    @Test func `broken JSON is unreadable`() { #expect(Self.read(.acknowledge, "{") == nil) }
}
