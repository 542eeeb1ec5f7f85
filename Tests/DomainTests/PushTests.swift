import Crypto
import Domain
import Testing

@Suite("Push messages")
struct PushTests {
    /// The example of RFC 8291, appendix A.
    enum Example {
        static let message = "When I grow up, I want to be a watermelon"
        static let secret = "BTBZMqHH6r4Tts7J_aSIgg"
        static let receiver =
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        static let sender = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
        static let salt = "DGv6ra1nlYgDCS1FRnbzlw"
        static let body =
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
            + "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"

        static func subscription() throws -> PushSubscription {
            let endpoint = try #require(WebAddress("https://push.example.org/abc"))
            let publicKey = try PushTests.bytes(receiver)
            return try #require(
                PushSubscription(endpoint: endpoint, publicKey: publicKey, secret: try PushTests.bytes(secret)))
        }
    }

    private static func bytes(_ text: some StringProtocol) throws -> [UInt8] { try #require(Base64URL.decode(text)) }

    @Test("are encrypted to the byte as the standard's example is")
    func example() throws {
        let sender = try P256.KeyAgreement.PrivateKey(rawRepresentation: try Self.bytes(Example.sender))
        let body = try PushEncryption.encrypt(
            Array(Example.message.utf8), to: try Example.subscription(), from: sender,
            salt: try Self.bytes(Example.salt), padding: 0)
        #expect(Base64URL.encode(body) == Example.body)
    }

    @Test("are as long as many others, whatever they say", arguments: [0, 1, 100, 254, 255, 256, 511, 3_839])
    func padding(count: Int) throws {
        let body = try PushEncryption.encrypt(
            [UInt8](repeating: 97, count: count), to: try Example.subscription(), from: P256.KeyAgreement.PrivateKey(),
            salt: [UInt8](repeating: 1, count: 16))
        // Header 86, mark 1, tag 16; what is between is whole blocks.
        #expect((body.count - 86 - 16) % PushEncryption.block == 0 && body.count <= 4_096)
        #expect(body.count - 86 - 16 >= count + 1)
    }

    @Test("are signed for the push service alone, and not for long")
    func token() throws {
        let key = [UInt8](repeating: 7, count: 32)
        let identity = try #require(PushIdentity(key: key, contact: "https://lapor.example.id"))
        let now = Timestamp(seconds: 1_764_000_000)
        let endpoint = try #require(WebAddress("https://push.example.org:8443/abc"))
        let header = try identity.authorization(for: endpoint, at: now)
        let match = try #require(header.wholeMatch(of: /vapid t=([^.]+)\.([^.]+)\.([^,]+), k=(.+)/))
        let claims = try JSONReader.read(try Self.bytes(match.output.2)).value
        #expect(
            claims
                == .object([
                    "aud": .string("https://push.example.org:8443"), "exp": .int(1_764_000_000 + 43_200),
                    "sub": .string("https://lapor.example.id"),
                ]))
        let signature = try P256.Signing.ECDSASignature(
            rawRepresentation: try Self.bytes(match.output.3))
        let publicKey = try P256.Signing.PublicKey(x963Representation: try Self.bytes(match.output.4))
        #expect(publicKey.isValidSignature(signature, for: Array("\(match.output.1).\(match.output.2)".utf8)))
        #expect(String(match.output.4) == identity.publicKey)
        #expect(PushIdentity(key: [UInt8](repeating: 0, count: 32), contact: "") == nil)
    }

    @Test(
        "What follows from an answer",
        arguments: [
            (.status(201), .delivered), (.status(200), .delivered), (.status(202), .delivered),
            (.status(404), .forget), (.status(410), .forget), (.forbidden, .forget),
            (.status(400), .giveUp), (.status(403), .giveUp), (.status(413), .giveUp), (.status(307), .giveUp),
            (.status(503), .again(afterSeconds: 30)), (.none, .again(afterSeconds: 30)),
            (.status(429, retryAfterSeconds: 120), .again(afterSeconds: 120)),
            (.status(429, retryAfterSeconds: 5), .again(afterSeconds: 30)),
            (.status(503, retryAfterSeconds: 99_999_999), .again(afterSeconds: 86_400)),
        ] as [(PushAnswer, PushStep)])
    func steps(answer: PushAnswer, step: PushStep) {
        #expect(PushSchedule.step(after: answer, attempts: 1, spread: 0.5) == step)
    }

    @Test("Pauses grow to a bound, are spread out, and end")
    func pauses() {
        var pauses: [Int] = []
        for attempt in 1... {
            guard case .again(let pause) = PushSchedule.step(after: .none, attempts: attempt, spread: 0.5) else {
                break
            }
            pauses.append(pause)
        }
        #expect(pauses == [30, 120, 480, 1_920, 7_680, 21_600, 21_600])
        let spread = [0.0, 1.0].map { PushSchedule.step(after: .none, attempts: 2, spread: $0) }
        #expect(spread == [.again(afterSeconds: 90), .again(afterSeconds: 150)])
    }

    @Test("A wish is read as a browser writes it, and everything wrong with it is told at once")
    func reading() throws {
        func read(_ endpoint: String, key: String = Example.receiver, secret: String = Example.secret) -> String {
            let body = """
                {"report":"KPG-1","subscription":{"endpoint":"\(endpoint)","expirationTime":null,
                "keys":{"p256dh":"\(key)","auth":"\(secret)"}}}
                """
            return Self.faults(PushRequest.read(Array(body.utf8), policy: AddressPolicy()))
        }
        #expect(read("https://push.example.org/a") == "")
        #expect(read("https://push.example.org/a", key: Example.receiver + "=") == "")
        #expect(read("http://push.example.org/a") == "/subscription/endpoint malformed_address")
        #expect(read("https://192.168.1.1/a") == "/subscription/endpoint malformed_address")
        // A point that is not on the curve.
        let off = Base64URL.encode([4] + [UInt8](repeating: 1, count: 64))
        #expect(read("https://push.example.org/a", key: off) == "/subscription/keys malformed_key")
        let both = read("https://10.0.0.1/", key: "AA", secret: "+")
        #expect(
            both == """
                /subscription/endpoint malformed_address, /subscription/keys/p256dh malformed_key, \
                /subscription/keys/auth malformed_key
                """)
        #expect(
            Self.faults(PushRequest.read(Array("{}".utf8), policy: AddressPolicy())) == """
                /report required, /subscription required
                """)
        #expect(PushRequest.read(Array("{".utf8), policy: AddressPolicy()) == nil)
        #expect(Self.faults(PushEnd.read(Array("{}".utf8))) == "/endpoint required")
    }

    private static func faults<Wish>(_ result: Result<Wish, Faults>?) -> String {
        guard case .failure(let faults) = result else { return result == nil ? "unreadable" : "" }
        return faults.list.map { "\($0.pointer) \($0.code.rawValue)" }.joined(separator: ", ")
    }

    @Test("Base64 for addresses goes there and back", arguments: 0...40)
    func base64(count: Int) {
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
}
