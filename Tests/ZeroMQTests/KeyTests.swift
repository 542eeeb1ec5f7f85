import TestSupport
import Testing

@testable import ZeroMQ

@Suite struct KeyTests {
    @Test func `Z85 as in its RFC`() {
        #expect(Z85.encode([0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B]) == "HelloWorld")
        #expect(Z85.decode("HelloWorld") == [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B])
        #expect(Z85.decode("%nSc0") == [255, 255, 255, 255])
    }

    @Test(arguments: ["Hell", "Hell~", "%nSc1", "#####", "Hello World"])
    func `what is not Z85 is refused`(text: String) {
        #expect(Z85.decode(text) == nil)
    }

    @Test func `Z85 there and back`() {
        var random = SeededGenerator(seed: 51)
        for _ in 0..<200 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Z85.encode(bytes).flatMap { Z85.decode($0) } == bytes)
        }
        #expect(Z85.encode([1, 2, 3]) == nil)
    }

    @Test func `the public key follows from the secret one`() throws {
        // The pair that libzmq's own manual uses.
        let secret = try #require(CurveSecretKey(z85: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"))
        #expect(CurveKeyPair(secretKey: secret).publicKey.z85 == "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")
        let pair = CurveKeyPair.generate()
        #expect(CurveKeyPair(secretKey: pair.secretKey) == pair)
        #expect(CurveKeyPair.generate() != pair)
    }

    @Test func `keys have 32 bytes`() {
        #expect(CurvePublicKey(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(CurvePublicKey(z85: "HelloWorld") == nil)
        #expect(CurveSecretKey(z85: "HelloWorld") == nil)
    }

    @Test func `a secret key does not print itself`() {
        let pair = CurveKeyPair.generate()
        var text = ""
        dump(pair, to: &text)
        text += "\(pair) \(pair.secretKey)"
        #expect(!text.contains(pair.secretKey.z85))
        #expect(!text.contains("\(pair.secretKey.bytes[0]), \(pair.secretKey.bytes[1])"))
    }

    @Test func `a request that is not one is passed over, another mechanism has no key`() throws {
        let request = ["session", "", "1.0", "1", "d", "127.0.0.1", "", "NULL"].map { [UInt8]($0) }
        #expect(try #require(ZAPRequest(request)).publicKey == nil)
        #expect(ZAPRequest(Array(request.prefix(7))) == nil)
        var old = request
        old[2] = [UInt8]("0.9")
        #expect(ZAPRequest(old) == nil)
    }
}
