/// What people mean by what they write: commands, answers to questions, and words that tell a category.
package enum ConversationWords {
    /// What a message asks for that is no report.
    package enum Command: Hashable, Sendable {
        case cancel, help, stop
        /// nil: of the last report.
        case status(TrackingCode?)
        /// Of a report whose code was mistyped.
        case unknownCode
    }

    package struct Found: Hashable, Sendable {
        package var category: CategoryCode
        package var subtype: SubtypeCode?
    }

    private static let cancel: Set<String> = [
        "batal", "batalkan", "batal laporan", "ulang", "ulangi", "mulai ulang", "mulai lagi", "baru", "laporan baru",
        "reset",
    ]
    private static let stop: Set<String> = ["berhenti", "stop", "berhenti kabar"]
    private static let help: Set<String> = [
        "bantuan", "bantu", "help", "menu", "start", "mulai", "halo", "hallo", "hai", "hi", "p", "permisi", "pagi",
        "siang", "sore", "malam", "selamat pagi", "selamat siang", "selamat sore", "selamat malam", "shalom",
        "syalom", "assalamualaikum", "lapor", "mau lapor", "saya mau lapor", "mau melapor", "cara lapor",
    ]
    private static let thanks: Set<String> = [
        "terima kasih", "terimakasih", "makasih", "trima kasih", "trims", "terima kasih banyak", "makasih banyak",
        "ok", "oke", "baik", "siap", "ya", "sip", "mantap",
    ]
    private static let unknown: Set<String> = [
        "tidak tahu", "tidak tau", "tdk tahu", "tdk tau", "sonde tau", "son tau", "kurang tahu", "lewat", "lewati",
        "lainnya", "tidak ada",
    ]

    static func isThanks(_ text: String) -> Bool { thanks.contains(plain(text)) }

    /// Whether somebody says that they do not know.
    static func isUnknown(_ text: String) -> Bool { unknown.contains(plain(text)) }

    private static func plain(_ text: String) -> String { AreaNames.words(text).joined(separator: " ") }

    package static func command(in text: String, city: City) -> Command? {
        let words = AreaNames.words(text)
        let plain = words.joined(separator: " ")
        if cancel.contains(plain) { return .cancel }
        if stop.contains(plain) { return .stop }
        if help.contains(plain) || text.hasPrefix("/start") { return .help }
        let prefix = city.trackingPrefix.lowercased()
        if words.first == "status" || words.first == "cek" {
            let rest = text.drop { !$0.isLetter }.drop { $0.isLetter }
            if let code = TrackingCode(parsing: rest, defaultPrefix: city.trackingPrefix) { return .status(code) }
            if words.contains(where: { $0.hasPrefix(prefix) }) { return .unknownCode }
            // A longer sentence tells of something.
            return words.first == "status" && words.count <= 3 ? .status(nil) : nil
        }
        if words.first == prefix || plain.hasPrefix(prefix), words.count <= 3,
            let code = TrackingCode(parsing: text)
        {
            return .status(code)
        }
        return nil
    }

    /// A number of a list, or 0; nil for anything else.
    static func choice(_ text: String, of count: Int) -> Int? {
        let digits = text.filter { !$0.isWhitespace && $0 != "." && $0 != ")" }
        guard (1...2).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits), number <= count
        else { return nil }
        return number
    }

    // MARK: Categories

    /// The one category whose words stand in the text; nil where there is none, or two that are as likely.
    package static func category(in text: String, city: City) -> Found? {
        let words = AreaNames.words(text).map(stem)
        var best: (found: Found, score: Int)?
        var isTied = false
        for category in city.categories {
            var found = Found(category: category.code)
            var score = Self.score(category.keywords + nameWords(category.name.id), in: words)
            var ofSubtype = 0
            for subtype in category.subtypes {
                let own = Self.score(subtype.keywords + nameWords(subtype.name.id), in: words)
                if own > ofSubtype { (found.subtype, ofSubtype) = (subtype.code, own) }
            }
            score += ofSubtype
            guard score > 0 else { continue }
            isTied = score == best?.score
            if score > best?.score ?? 0 { best = (found, score) }
        }
        return isTied ? nil : best?.found
    }

    /// A name of several things is no phrase that anybody writes.
    private static func nameWords(_ name: String) -> [String] {
        name.contains { ",&/".contains($0) } ? [] : [name]
    }

    /// Each phrase that is there counts its words.
    private static func score(_ phrases: [String], in words: [String]) -> Int {
        Set(phrases.map { AreaNames.words($0).map(stem) }).reduce(0) { sum, phrase in
            guard !phrase.isEmpty, phrase.count <= words.count else { return sum }
            let isThere = words.indices.contains { words[$0...].starts(with: phrase) }
            return isThere ? sum + phrase.count : sum
        }
    }

    /// Without "-nya", which is hung on to whatever is spoken of.
    private static func stem(_ word: String) -> String {
        word.count > 5 && word.hasSuffix("nya") ? String(word.dropLast(3)) : word
    }
}
