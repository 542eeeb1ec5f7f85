/// Scripts and styles as they travel: without their comments, empty lines and indentation, which are for who reads the
/// sources and a fifth of what a phone on a poor line waits for.
///
/// It knows no grammar, and so asks for two things that a test watches: a comment begins its line, and no text goes on
/// over the end of one.
enum SlimText {
    static func isMeant(_ name: String) -> Bool { name.hasSuffix(".js") || name.hasSuffix(".css") }

    static func slim(_ bytes: [UInt8], of name: String) -> [UInt8] {
        guard isMeant(name) else { return bytes }
        var kept: [Substring] = []
        var isInComment = false
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let text = line.drop { $0 == " " }
            if isInComment || text.hasPrefix("/*") {
                isInComment = !text.contains("*/")
            } else if !text.isEmpty, !(name.hasSuffix(".js") && text.hasPrefix("//")) {
                kept.append(text)
            }
        }
        return Array(kept.joined(separator: "\n").utf8) + [0x0A]
    }
}
