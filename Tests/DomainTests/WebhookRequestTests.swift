import Domain
import Testing

/// What agencies ask of their endpoints.
@Suite("Webhook requests")
struct WebhookRequestTests {
    private static let allowed = AddressPolicy(allowed: [NetworkBlock(text: "10.0.0.0/8")!])

    /// The faults as `pointer code`, or "good".
    private func judged(_ body: String, isNew: Bool = true, policy: AddressPolicy = AddressPolicy()) -> String {
        switch WebhookWish.read(Array(body.utf8), isNew: isNew, policy: policy) {
        case .success?: "good"
        case .failure(let faults)?: faults.list.map { "\($0.pointer) \($0.code.rawValue)" }.joined(separator: ", ")
        case nil: "unreadable"
        }
    }

    @Test(
        "an address is https, or http where the operator allows its network",
        arguments: [
            (#"{"url":"https://dinas.example.id/hook?kunci=1"}"#, "good"),
            (#"{"url":"https://8.8.8.8:8443/x"}"#, "good"),
            (#"{"url":"http://10.1.2.3:8080/x"}"#, "good"), (#"{"url":"https://10.1.2.3/x"}"#, "good"),
            (#"{"url":"http://8.8.8.8/x"}"#, "/url malformed_address"),
            (#"{"url":"http://127.0.0.1/x"}"#, "/url malformed_address"),
            (#"{"url":"https://127.0.0.1/x"}"#, "/url malformed_address"),
            (#"{"url":"https://[::1]/x"}"#, "/url malformed_address"),
            (#"{"url":"https://u:p@dinas.example.id/x"}"#, "/url malformed_address"),
            (#"{"url":"https://dinas.example.id:0/x"}"#, "/url malformed_address"),
            (#"{"url":"http://localhost:9090/x"}"#, "good"), (#"{"url":"http://receiver:8080/x"}"#, "good"),
            (#"{"url":"https://desk.dlhk.internal/x"}"#, "good"),
            (#"{"url":"ftp://dinas.example.id/x"}"#, "/url malformed_address"),
            (#"{"url":"https://dinas.example.id/#a"}"#, "/url malformed_address"),
            (#"{"url":7}"#, "/url not_a_string"), (#"{}"#, "/url required"), ("[", "unreadable"),
        ])
    func addresses(body: String, judgement: String) {
        #expect(judged(body, policy: Self.allowed) == judgement)
    }

    @Test("an address has at most 2,000 characters")
    func lengths() {
        let start = "https://dinas.example.id/"
        func body(_ count: Int) -> String {
            #"{"url":"\#(start)\#(String(repeating: "a", count: count - start.count))"}"#
        }
        #expect(judged(body(2_000)) == "good")
        #expect(judged(body(2_001)).hasPrefix("/url "))
    }

    @Test(
        "without networks allowed a name that is nobody's on the internet is refused",
        arguments: [
            "http://localhost:9090/x", "https://localhost/x", "http://receiver:8080/x", "https://receiver/x",
            "https://desk.dlhk.internal/x", "http://dinas.example.id/x",
        ])
    func ownNames(url: String) { #expect(judged(#"{"url":"\#(url)"}"#) == "/url malformed_address") }

    @Test("http goes to networks that are allowed, and to no name where none is")
    func plain() throws {
        let name = try #require(WebhookAddress.read("http://penerima.dinas.example/x"))
        #expect(!name.isPermitted(by: AddressPolicy()) && name.isPermitted(by: Self.allowed))
        #expect(name.port == 80 && name.origin == "http://penerima.dinas.example" && !name.isSecure)
        let address = try #require(NetworkAddress(text: "8.8.8.8"))
        #expect(Self.allowed.permits(address) && !Self.allowed.permits(address, isSecure: false))
        #expect(WebAddress("http://10.1.2.3/") == nil, "only where it is asked for")
    }

    @Test("all faults are told at once")
    func faults() {
        let body = #"{"url":"x","policy":"wait","types":["assigned","lost",3],"after":"1-x"}"#
        #expect(
            judged(body)
                == """
                /url malformed_address, /policy unknown_choice, /types/1 unknown_choice, /types/2 unknown_choice, \
                /after malformed_cursor
                """)
        #expect(judged(#"{"state":"asleep"}"#, isNew: false) == "/state unknown_choice")
        #expect(judged(#"{"types":"assigned"}"#, isNew: false) == "/types not_an_array")
    }

    @Test("a wish is read as it was meant")
    func reading() throws {
        let body = """
            {"url":"https://dinas.example.id/x","policy":"dead_letter","after":"1-42",
             "types":["sasando.report.assigned","resolved","assigned"]}
            """
        let wish = try #require(try WebhookWish.read(Array(body.utf8), isNew: true, policy: AddressPolicy())?.get())
        #expect(wish.policy == .deadLetter && wish.types == [.assigned, .resolved])
        #expect(wish.start == .after(Cursor(epoch: 1, seq: 42)) && wish.state == nil)
        let change = try #require(
            try WebhookWish.read(Array(#"{"types":[],"state":"active"}"#.utf8), isNew: false, policy: AddressPolicy())?
                .get())
        #expect(change.types == [] && change.state == .active && change.address == nil)
        #expect(WebhookStart(text: "latest") == .latest && WebhookStart(text: "earliest") == .earliest)
    }

    @Test("a replay asks for all, or for the cursors that it names")
    func replays() throws {
        #expect(try WebhookReplay.read([])?.get().seqs == nil)
        #expect(try WebhookReplay.read(Array("{}".utf8))?.get().seqs == nil)
        #expect(try WebhookReplay.read(Array(#"{"cursors":["1-3","2-9"]}"#.utf8))?.get().seqs == [3, 9])
        #expect(WebhookReplay.read(Array("[".utf8)) == nil)
        guard case .failure(let faults)? = WebhookReplay.read(Array(#"{"cursors":["1-3","x"]}"#.utf8)) else {
            Issue.record("taken")
            return
        }
        #expect(faults.list.map(\.pointer) == ["/cursors/1"])
    }

    @Test("how far an endpoint came is written down after so many events, or so long")
    func writing() {
        #expect(!WebhookPace.isWriteDue(unwritten: 0, after: .seconds(60)))
        #expect(!WebhookPace.isWriteDue(unwritten: 99, after: .milliseconds(999)))
        #expect(WebhookPace.isWriteDue(unwritten: 100, after: .zero))
        #expect(WebhookPace.isWriteDue(unwritten: 1, after: .seconds(1)))
        #expect(
            WebhookPace.renewal + WebhookPace.timeout < .seconds(WebhookPace.leaseSeconds),
            "an attempt ends before its lease does")
    }
}
