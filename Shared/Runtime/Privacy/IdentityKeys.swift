package import Crypto

/// The keys that reporters' identities are sealed with: the newest seals, each opens what it has sealed.
///
/// As a file: a line for each, its number and 64 hexadecimal digits. A first line without a number has the number 1.
package struct IdentityKeys: Sendable {
    /// What is wrong with the file's text.
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    private let keys: [(id: Int32, key: SymmetricKey)]

    package init(text: String) throws(Malformed) {
        var keys: [(id: Int32, key: SymmetricKey)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: true).enumerated() {
            let parts = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            let number = parts.count == 1 && index == 0 ? 1 : parts.count == 2 ? Int32(parts[0]) : nil
            guard let number, number > 0, let bytes = parts.last.flatMap({ Hexadecimal.bytes(Array($0.utf8)) }),
                bytes.count == 32
            else { throw Malformed(description: "line \(index + 1) is no number and 64 hexadecimal digits") }
            guard number > keys.last?.id ?? 0 else {
                throw Malformed(description: "line \(index + 1) has a number that is not above the one before")
            }
            keys.append((number, SymmetricKey(data: bytes)))
        }
        guard !keys.isEmpty else { throw Malformed(description: "there is no key") }
        self.keys = keys
    }

    /// A single key, with the number 1.
    package init(key: [UInt8]) { keys = [(1, SymmetricKey(data: key))] }

    package var ids: [Int32] { keys.map(\.id) }

    /// Seals from now on.
    package var newest: (id: Int32, key: SymmetricKey) { keys[keys.count - 1] }

    package subscript(id: Int32) -> SymmetricKey? { keys.first { $0.id == id }?.key }
}
