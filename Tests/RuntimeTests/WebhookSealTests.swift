import Domain
import FoundationEssentials
import Storage
import Testing

@testable import Runtime

/// The secrets of endpoints as the store holds them.
struct WebhookSealTests {
    private static let first = String(repeating: "1a", count: 32)
    private static let second = String(repeating: "2b", count: 32)
    private let id = UUID()

    private func seal(_ text: String) throws -> WebhookSeal {
        WebhookSeal(IdentityKeyring(try IdentityKeys(text: text)))
    }

    @Test func `a secret opens again, for its own endpoint and under its own key`() throws {
        let secret = WebhookSeal.makeSecret()
        let sealed = try seal(Self.first).seal(secret, of: id)
        #expect(sealed.keyID == 1)
        #expect(try seal(Self.first).open(sealed, of: id).bytes == secret.bytes)
        #expect(throws: WebhookSeal.Unreadable.self) { try seal(Self.first).open(sealed, of: UUID()) }
        #expect(throws: WebhookSeal.Unreadable.self) { try seal(Self.second).open(sealed, of: id) }
        var broken = sealed
        broken.box[20] ^= 1
        #expect(throws: WebhookSeal.Unreadable.self) { try seal(Self.first).open(broken, of: id) }
    }

    @Test func `the newest key seals, and an older one still opens`() throws {
        let secret = WebhookSeal.makeSecret()
        let old = try seal(Self.first).seal(secret, of: id)
        let both = try seal("\(Self.first)\n2 \(Self.second)")
        #expect(try both.open(old, of: id).bytes == secret.bytes)
        #expect(try both.seal(secret, of: id).keyID == 2)
    }

    @Test func `no two secrets are the same`() {
        #expect(Set((0..<50).map { _ in WebhookSeal.makeSecret().text }).count == 50)
    }
}
