internal import Domain
internal import Testing

struct ModerationTests {
    private let now = Timestamp(seconds: 1_764_000_000)

    /// Every state there can be, with what changes it.
    @Test(
        arguments: [
            (0, false, false, [.hide, .redact]), (3, false, false, [.hide, .redact, .dismiss]),
            (0, true, false, [.unhide, .redact]), (2, true, false, [.unhide, .redact, .dismiss]),
            (0, false, true, [.hide]), (1, false, true, [.hide, .dismiss]), (0, true, true, [.unhide]),
            (1, true, true, [.unhide, .dismiss]),
        ] as [(Int, Bool, Bool, [ModerationCommand])])
    func `only what would change something is offered`(
        flags: Int, hidden: Bool, redacted: Bool, permitted: [ModerationCommand]
    ) {
        let state = ModerationState(
            openFlags: flags, hiddenAt: hidden ? now : nil, redactedAt: redacted ? now : nil)
        #expect(state.permitted == permitted)
        for command in ModerationCommand.allCases where !permitted.contains(command) {
            #expect(state.after(command, at: now.adding(seconds: 9)) == state, "\(command)")
        }
    }

    @Test func `hiding and redacting answer the flags, showing again does not bring them back`() {
        var state = ModerationState(openFlags: 4)
        state = state.after(.hide, at: now)
        #expect(state == ModerationState(hiddenAt: now))
        state = state.after(.unhide, at: now)
        #expect(state == .untouched)
        #expect(ModerationState(openFlags: 4).after(.redact, at: now) == ModerationState(redactedAt: now))
        #expect(ModerationState(openFlags: 4).after(.dismiss, at: now) == .untouched)
    }

    private static func faults(_ body: String) -> [String]? {
        switch ModerationRequest.read(.hide, body: Array(body.utf8)) {
        case .failure(let faults): faults.list.map { "\($0.pointer) \($0.code.rawValue)" }
        case .success: []
        case nil: nil
        }
    }

    @Test(
        arguments: [
            ("{}", ["/reason required"]), ("[]", [" not_an_object"]), (#"{"reason":"a"}"#, ["/reason too_short"]),
            (#"{"reason":7,"actor":""}"#, ["/reason not_a_string", "/actor blank"]),
            (#"{"reason":"nama orang"}"#, []),
            (#"{"reason":"nama orang","actor":"Ibu Lena","else":1}"#, []),
        ] as [(String, [String])])
    func `a command says why; all faults are told at once`(body: String, faults: [String]) {
        #expect(Self.faults(body) == faults)
    }

    @Test func `what is no JSON is not read`() { #expect(Self.faults("reason=x") == nil) }
}
