/// Base64 with the alphabet for addresses (RFC 4648, section 5), without padding.
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var (letters, buffer, bits): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                letters.append(alphabet[Int(buffer >> bits & 63)])
            }
            buffer &= 1 << bits - 1
        }
        if bits > 0 { letters.append(alphabet[Int(buffer << (6 - bits) & 63)]) }
        return String(decoding: letters, as: UTF8.self)
    }

    /// The bytes of `text`; padding at its end is let pass. Nil for anything else.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var (bytes, buffer, bits): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        var letters = Array(text.utf8)
        while letters.last == UInt8(ascii: "=") { letters.removeLast() }
        for letter in letters {
            guard let value = alphabet.firstIndex(of: letter) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= 1 << bits - 1
            }
        }
        return buffer == 0 && bits < 6 ? bytes : nil
    }
}
