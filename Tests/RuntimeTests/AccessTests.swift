import Domain
import HTTPTypes
import Hummingbird
import Synchronization
import Testing

@testable import Runtime

private let kupang: JurisdictionCode = "kupang"

@Suite struct CredentialTests {
    let token = Token.generate()

    @Test func `A token has its form, and each is new`() throws {
        #expect(token.text.hasPrefix("sas_") && token.text.utf8.count == 47)
        #expect(Token(token.text) == token)
        #expect(Token.generate() != token)
        #expect("\(token)" == "(token)" && !String(reflecting: token).contains(token.text.dropFirst(4)))
    }

    @Test(arguments: [
        "", "sas_", "sas_\(String(repeating: "a", count: 42))", "sas_\(String(repeating: "a", count: 44))",
        "SAS_\(String(repeating: "a", count: 43))", "sas_\(String(repeating: "=", count: 43))",
    ])
    func `What has another form is no token`(text: String) {
        #expect(Token(text) == nil)
    }

    @Test func `The hash is SHA-256 of the text`() {
        // FIPS 180-2, appendix B.1
        #expect(
            TokenHash(of: "abc").bytes.map { String($0, radix: 16) }.joined()
                == "ba7816bf8f1cfea414140de5dae2223b0361a396177a9cb410ff61f2015ad")
    }

    @Test func `The header goes before the cookie`() throws {
        let other = Token.generate()
        let cookie = "sasando_session=\(other.text)"
        #expect(
            try Request(.get, "/", headers: [.authorization: "bearer  \(token.text) "]).credential() == .bearer(token))
        #expect(try Request(.get, "/", headers: [.cookie: cookie]).credential() == .session(other))
        #expect(
            try Request(.get, "/", headers: [.authorization: "Bearer \(token.text)", .cookie: cookie]).credential()
                == .bearer(token))
        #expect(try Request(.get, "/").credential() == nil)
    }

    @Test(arguments: ["Basic abc", "Bearer", "Bearer nonsense", "sas_abc"])
    func `A header that is no key is refused, even beside a good cookie`(header: String) {
        let request = Request(
            .get, "/", headers: [.authorization: header, .cookie: "sasando_session=\(token.text)"])
        let problem = #expect(throws: ProblemDetails.self) { try request.credential() }
        #expect(problem?.status == .unauthorized)
        #expect(problem?.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
    }

    @Test func `A reporter's keys come from the header and the cookie, twenty at most`() throws {
        func key(_ index: Int) -> String { "\("\(index)abcdefghijklmnopqrstuvwxyz".prefix(21))A" }
        let cookie = "sasando_laporan=" + (["short", key(1)] + (0..<30).map(key)).joined(separator: ".")
        let request = Request(.get, "/", headers: [.authorization: "Bearer \(key(99))", .cookie: cookie])
        let keys = request.reporterKeys
        #expect(keys.map(\.text) == [key(99), key(1), key(0)] + (2..<19).map(key))
        #expect(try request.credential() == nil)
        let added = keys.cookieValue(adding: try #require(ReporterKey(text: key(77)))).split(separator: ".")
        #expect(added.count == 20 && added[0] == key(77) && added[1] == key(99))
        #expect(keys.cookieValue(adding: keys[3]).split(separator: ".").count == 20)
    }
}

@Suite struct SameOriginTests {
    private static let ours = "https://lapor.example.id"

    private func isAllowed(_ method: HTTPRequest.Method, _ headers: HTTPFields, publicURL: String? = ours) -> Bool {
        let request = Request(method, "/x", authority: "lapor.example.id", headers: headers)
        return (try? SameOrigin(publicURL: publicURL).check(request)) != nil
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .patch, .delete])
    func `An unsafe method needs a sign that our own page sent it`(method: HTTPRequest.Method) {
        #expect(isAllowed(method, [.origin: "https://lapor.example.id"]))
        #expect(isAllowed(method, [.origin: "https://lapor.example.id:443"]))
        #expect(isAllowed(method, [.secFetchSite: "same-origin"]))
        #expect(isAllowed(method, [.referer: "https://lapor.example.id/desk/dlhk"]))
        #expect(!isAllowed(method, [:]))
        #expect(!isAllowed(method, [.origin: "https://evil.example"]))
        #expect(!isAllowed(method, [.origin: "null"]))
        #expect(!isAllowed(method, [.origin: "https://lapor.example.id.evil.example"]))
        #expect(!isAllowed(method, [.secFetchSite: "same-site"]))
        #expect(!isAllowed(method, [.secFetchSite: "cross-site"]))
        #expect(!isAllowed(method, [.referer: "https://evil.example/https://lapor.example.id"]))
        // A bad Origin is not made good by anything else.
        #expect(!isAllowed(method, [.origin: "https://evil.example", .secFetchSite: "same-origin"]))
    }

    @Test func `A second city is known by the name it was called by`() {
        #expect(isAllowed(.post, [.origin: "http://lapor.example.id"], publicURL: nil))
        #expect(!isAllowed(.post, [.origin: "http://lapor.example.id:8080"], publicURL: nil))
    }

    @Test func `What says nothing of where it comes from may pass where no cookie counts`() {
        func isTaken(_ headers: HTTPFields) -> Bool {
            let request = Request(.post, "/lapor", authority: "lapor.example.id", headers: headers)
            return (try? SameOrigin(publicURL: Self.ours).refuseOtherSites(request)) != nil
        }
        #expect(isTaken([:]) && isTaken([.userAgent: "curl"]))
        #expect(isTaken([.origin: Self.ours]) && isTaken([.secFetchSite: "same-origin"]))
        #expect(isTaken([.referer: "\(Self.ours)/lapor"]))
        for foreign: HTTPFields in [
            [.origin: "https://evil.example"], [.origin: "null"], [.secFetchSite: "cross-site"],
            [.secFetchSite: "same-site"], [.referer: "https://evil.example/"],
            [.origin: "https://evil.example", .secFetchSite: "same-origin"],
        ] {
            #expect(!isTaken(foreign), "\(foreign)")
        }
    }

    @Test func `Reading needs no sign`() {
        #expect(isAllowed(.get, [.origin: "https://evil.example"]) && isAllowed(.head, [:]))
    }
}

@Suite struct AuthenticatorTests {
    private final class Store: Sendable {
        let asked = Mutex(0)
        let holders: [TokenHash: Principal]
        init(_ holders: [TokenHash: Principal]) { self.holders = holders }

        var lookup: Authenticator.Lookup {
            { [self] hash, jurisdiction in
                asked.withLock { $0 += 1 }
                return jurisdiction == kupang ? holders[hash] : nil
            }
        }
    }

    let token = Token.generate()
    let principal = Principal(keyID: "k1", jurisdiction: kupang, role: .agency("dlhk"))

    private func bearer(_ token: Token) -> Request {
        Request(.post, "/", headers: [.authorization: "Bearer \(token.text)"])
    }

    @Test func `A good key is known, and asked for once`() async throws {
        let store = Store([token.hash: principal])
        let authenticator = Authenticator(publicURL: nil, lookup: store.lookup)
        for _ in 0..<5 { #expect(try await authenticator.principal(of: bearer(token), in: kupang) == principal) }
        #expect(store.asked.withLock { $0 } == 1)
    }

    @Test func `A key of one city is nobody's in another`() async throws {
        let authenticator = Authenticator(publicURL: nil, lookup: Store([token.hash: principal]).lookup)
        _ = try await authenticator.principal(of: bearer(token), in: kupang)
        await #expect(throws: ProblemDetails.self) {
            try await authenticator.principal(of: bearer(token), in: "atambua")
        }
    }

    @Test func `A key that nobody holds is 401, and so is none`() async {
        let authenticator = Authenticator(publicURL: nil, lookup: Store([:]).lookup)
        for request in [bearer(token), Request(.get, "/")] {
            let problem = await #expect(throws: ProblemDetails.self) {
                try await authenticator.principal(of: request, in: kupang)
            }
            #expect(problem?.status == .unauthorized && problem?.headers[.wwwAuthenticate] != nil)
        }
    }

    @Test func `A session counts for our own page, and is no one's once it has ended`() async throws {
        let authenticator = Authenticator(publicURL: "http://a", lookup: Store([token.hash: principal]).lookup)
        let cookie = "sasando_session=\(token.text)"
        let good = Request(.post, "/", headers: [.cookie: cookie, .origin: "http://a"])
        #expect(try await authenticator.principal(of: good, in: kupang) == principal)
        let foreign = Request(.post, "/", headers: [.cookie: cookie, .origin: "http://b"])
        let problem = await #expect(throws: ProblemDetails.self) {
            try await authenticator.principal(of: foreign, in: kupang)
        }
        #expect(problem?.status == .forbidden)
        let ended = Request(.get, "/", headers: [.cookie: "sasando_session=\(Token.generate().text)"])
        #expect(try await authenticator.principalIfAny(of: ended, in: kupang) == nil)
    }

    @Test func `An agency opens itself only`() throws {
        try principal.require(agency: "dlhk")
        let problem = #expect(throws: ProblemDetails.self) { try principal.require(agency: "dishub") }
        #expect(problem?.status == .forbidden)
        #expect(throws: ProblemDetails.self) { try principal.requireOperator() }
        #expect(throws: ProblemDetails.self) { try principal.requireChannel(for: .report) }
        let integrator = Principal(keyID: "k2", jurisdiction: kupang, role: .integrator(channel: "lapor_ntt"))
        #expect(try integrator.requireChannel(for: .report) == "lapor_ntt")
        #expect(throws: ProblemDetails.self) { try integrator.require(agency: "dlhk") }
        #expect(try integrator.requireChannel("lapor_ntt", for: .read) == "lapor_ntt")
        for other in ["lapor", "", nil] {
            let problem = #expect(throws: ProblemDetails.self) { try integrator.requireChannel(other, for: .read) }
            #expect(problem?.status == .forbidden)
        }
    }
}

@Suite struct AnswerCacheTests {
    private final class Tally: Sendable {
        private let value = Atomic(0)
        var count: Int { value.load(ordering: .relaxed) }
        func add() { value.add(1, ordering: .relaxed) }
    }

    private final class Clock: Sendable {
        let time = Mutex(ContinuousClock.now)
        func advance(_ duration: Duration) { time.withLock { $0 += duration } }
    }

    private let clock = Clock()

    private func cache(limit: Int = 10) -> AnswerCache<Int, String> {
        let clock = clock
        return AnswerCache(limit: limit, positive: .seconds(3), negative: .seconds(1)) { clock.time.withLock { $0 } }
    }

    @Test func `An answer is good for three seconds, its absence for one`() async throws {
        let cache = cache()
        func ask(_ key: Int, _ value: String?) async throws -> String? {
            try await cache.value(for: key) { value }
        }
        #expect(try await ask(1, "a") == "a")
        #expect(try await ask(2, nil) == nil)
        clock.advance(.milliseconds(999))
        #expect(try await ask(1, "b") == "a")
        #expect(try await ask(2, "b") == nil)
        clock.advance(.milliseconds(1))
        #expect(try await ask(2, "c") == "c")
        clock.advance(.milliseconds(2000))
        #expect(try await ask(1, "d") == "d")
        cache.remove(1)
        #expect(try await ask(1, "e") == "e")
    }

    @Test func `Many who ask at once cause one question`() async throws {
        let cache = cache()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let asked = Tally()
        let results = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await cache.value(for: 1) {
                        asked.add()
                        for await _ in gate { break }
                        return "x"
                    }
                }
            }
            open.yield()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 100 && results.allSatisfy { $0 == "x" })
        #expect(asked.count == 1)
    }

    @Test func `Those who wait for a question that fails learn of it, and do not ask one after the other`() async throws
    {
        struct Fault: Error {}
        let cache = cache()
        let came = Tally()
        let asked = Tally()
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    came.add()
                    do {
                        _ = try await cache.value(for: 1) {
                            asked.add()
                            while came.count < 100 { await Task.yield() }
                            for _ in 0..<1_000 { await Task.yield() }
                            throw Fault()
                        }
                        return false
                    } catch {
                        return error is Fault
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 100)
        // Who had not quite begun to wait when the question failed asks again.
        #expect(asked.count < 10)
    }

    @Test func `A failed question is not remembered, and another asks instead`() async throws {
        struct Fault: Error {}
        let cache = cache()
        await #expect(throws: Fault.self) { try await cache.value(for: 1) { throw Fault() } }
        #expect(try await cache.value(for: 1) { "x" } == "x")
    }

    @Test func `It stays within its bound`() async throws {
        let cache = cache(limit: 10)
        for key in 0..<1000 { _ = try await cache.value(for: key) { "x" } }
        #expect(cache.count <= 10)
    }
}
