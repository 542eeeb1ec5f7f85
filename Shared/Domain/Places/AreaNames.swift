/// Finds areas by the names that people write in an address.
struct AreaNames: Sendable {
    private struct Name: Sendable {
        var words: [String]
        var area: Int
        /// Whether a district has this name too.
        var isDistrict: Bool
    }

    private struct Match {
        var name: Name
        var isMarked: Bool
        var position: Int

        /// What is written after "kel." comes first, then what is no district's name, then the longer, then the earlier.
        func outranks(_ other: Match) -> Bool {
            let a = (isMarked ? 1 : 0, name.isDistrict ? 0 : 1, name.words.count, -position)
            let b = (other.isMarked ? 1 : 0, other.name.isDistrict ? 0 : 1, other.name.words.count, -other.position)
            return a > b
        }
    }

    private static let areaMarks: Set = ["kel", "kelurahan", "lurah", "klurahan"]
    private static let districtMarks: Set = ["kec", "kecamatan", "camat"]
    private static let streetMarks: Set = ["jl", "jln", "jalan", "gg", "gang", "lorong", "lrg"]

    private let byFirstWord: [String: [Name]]

    init(_ areas: [Area]) {
        let districts = Set(areas.map { Self.words($0.district) })
        var byFirstWord: [String: [Name]] = [:]
        for (index, area) in areas.enumerated() {
            for spelling in Set(([area.name] + area.spellings).map(Self.words)) {
                guard let first = spelling.first else { continue }
                let name = Name(words: spelling, area: index, isDistrict: districts.contains(spelling))
                byFirstWord[first, default: []].append(name)
            }
        }
        self.byFirstWord = byFirstWord.mapValues { $0.sorted { $0.words.count > $1.words.count } }
    }

    func area(in address: String) -> Int? {
        let words = Self.words(address)
        var best: Match?
        var position = 0
        while position < words.count {
            // The longest name that begins here: "Oesapa Barat" is not "Oesapa".
            guard let name = byFirstWord[words[position]]?.first(where: { words[position...].starts(with: $0.words) })
            else {
                position += 1
                continue
            }
            let before = position > 0 ? words[position - 1] : ""
            let match = Match(name: name, isMarked: Self.areaMarks.contains(before), position: position)
            position += name.words.count
            // A district or a street that is called like an area says nothing of the area.
            if Self.districtMarks.contains(before) || Self.streetMarks.contains(before) { continue }
            if best.map(match.outranks) ?? true { best = match }
        }
        return best?.name.area
    }

    /// The words without those that say what kind of name follows.
    static func withoutMarks(_ text: String) -> String {
        words(text).filter { !areaMarks.contains($0) && !districtMarks.contains($0) && !streetMarks.contains($0) }
            .joined(separator: " ")
    }

    /// Lower-case words of letters and digits; everything else parts words.
    static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
