import Domain
import Foundation
import Runtime
import Storage
import Testing

@Suite("The keys of identities")
struct IdentityKeyTests {
    private static func hex(_ byte: String) -> String { String(repeating: byte, count: 32) }

    /// A key file of its own, gone with the test.
    private final class KeyFile {
        let file = IdentityKeyFile(path: NSTemporaryDirectory() + "sasando-keys-\(UUID().uuidString)")

        init(_ text: String, mode: Int = 0o600) throws {
            try Data(text.utf8).write(to: URL(filePath: file.path))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        }

        var text: String { get throws { try String(contentsOfFile: file.path, encoding: .utf8) } }

        deinit { try? FileManager.default.removeItem(atPath: file.path) }
    }

    @Test("a first line without a number is key 1, and the last one seals")
    func reading() throws {
        #expect(try IdentityKeys(text: Self.hex("0f")).ids == [1])
        let keys = try IdentityKeys(text: "\(Self.hex("0f"))\n3 \(Self.hex("a1"))\n7\t\(Self.hex("B2"))\n")
        #expect(keys.ids == [1, 3, 7] && keys.newest.id == 7 && keys[3] != nil && keys[2] == nil)
    }

    @Test(
        "anything else is refused, by its line",
        arguments: [
            ("", "no key"), ("1 0f0f", "line 1"), ("nonsense", "line 1"), ("2 \(hex("0f"))\n2 \(hex("a1"))", "line 2"),
            ("\(hex("0f"))\n\(hex("a1"))", "line 2"), ("0 \(hex("0f"))", "line 1"),
            ("1 \(hex("0f"))\n2 \(hex("a1")) x", "line 2"),
        ])
    func malformed(text: String, told: String) {
        let error = #expect(throws: IdentityKeys.Malformed.self) { try IdentityKeys(text: text) }
        #expect(error?.description.contains(told) == true, "\(String(describing: error))")
    }

    @Test("what one key seals no other opens, nor for another report")
    func sealing() throws {
        let old = IdentitySeal(try IdentityKeys(text: "1 \(Self.hex("0f"))"))
        let both = IdentitySeal(try IdentityKeys(text: "1 \(Self.hex("0f"))\n2 \(Self.hex("a1"))"))
        let other = IdentitySeal(try IdentityKeys(text: "1 \(Self.hex("a1"))"))
        let (person, report) = (Person(name: "Yuli", phone: "0812 3456 7890", email: "y@contoh.id"), UUID())
        let box = try old.seal(person, of: report)
        #expect(box.keyID == 1 && !box.box.contains(Array("Yuli".utf8)))
        #expect(try both.open(box, of: report) == person)
        #expect(throws: IdentitySeal.Unreadable.broken) { try both.open(box, of: UUID()) }
        #expect(throws: IdentitySeal.Unreadable.broken) { try other.open(box, of: report) }
        let newer = try both.seal(person, of: report)
        #expect(newer.keyID == 2)
        #expect(throws: IdentitySeal.Unreadable.missingKey(2)) { try old.open(newer, of: report) }
        // Found by any spelling, under either key, and by nothing that works without one.
        for sealed in [box, newer] {
            #expect(sealed.lookup.count == 2)
            let found = both.digests(of: .phone("+62 812-3456-7890")).contains { sealed.lookup.contains($0) }
            #expect(found)
        }
        #expect(Set(box.lookup).isDisjoint(with: newer.lookup))
    }

    @Test("a key is added in place and removed once another seals")
    func changing() throws {
        let keys = try KeyFile(Self.hex("0f"))
        #expect(try keys.file.addKey() == 2)
        #expect(try keys.file.addKey() == 3)
        #expect(try keys.text.hasPrefix(Self.hex("0f") + "\n2 ") && keys.text.hasSuffix("\n"))
        #expect(throws: IdentityKeyFile.Failure.self) { try keys.file.removeKey(3) }
        #expect(throws: IdentityKeyFile.Failure.self) { try keys.file.removeKey(9) }
        try keys.file.removeKey(1)
        #expect(try keys.file.read().ids == [2, 3])
        let mode = try FileManager.default.attributesOfItem(atPath: keys.file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: IdentityKeyFile.Failure.self) { try KeyFile(Self.hex("0f"), mode: 0o644).file.read() }
    }

    @Test("a running service opens what a key has sealed that was added meanwhile")
    func reloading() throws {
        let keys = try KeyFile(Self.hex("0f"))
        var configuration = ConfigurationKeys(environment: ["SASANDO_KEYS_FILE": keys.file.path])
        let ring = configuration.identityKeys("SASANDO_KEYS_FILE", "Keys.")
        try configuration.check()
        _ = try keys.file.addKey()
        let (person, report) = (Person(name: "Yuli"), UUID())
        let box = try IdentitySeal(try keys.file.read()).seal(person, of: report)
        #expect(box.keyID == 2)
        #expect(try ring.open(box, of: report) == person)
        // A half-written file changes nothing.
        try Data("2 abc".utf8).write(to: URL(filePath: keys.file.path))
        #expect(throws: IdentitySeal.Unreadable.missingKey(5)) {
            try ring.open(SealedBox(box: box.box, keyID: 5), of: report)
        }
        #expect(try ring.open(box, of: report) == person)
    }

    @Test("a setting that names no good file is a fault")
    func faulty() throws {
        let broken = try KeyFile("abc")
        for environment in [[:], ["SASANDO_KEYS_FILE": broken.file.path], ["SASANDO_KEYS_FILE": "/nowhere"]] {
            var configuration = ConfigurationKeys(environment: environment)
            _ = configuration.identityKeys("SASANDO_KEYS_FILE", "Keys.")
            #expect(throws: ConfigurationError.self) { try configuration.check() }
        }
    }
}
