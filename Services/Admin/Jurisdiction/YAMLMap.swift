internal import Domain
internal import Yams

/// One mapping of a YAML file, whose members are read by name; whatever is wrong is noted with file and line.
struct YAMLMap {
    let place: FilePlace
    let notes: JurisdictionNotes
    private let mapping: Node.Mapping

    /// Notes a fault and gives nil when `node` is no mapping, or has a member whose name is not among `names`.
    init?(_ node: Node, in file: String, _ notes: JurisdictionNotes, names: Set<String>) {
        place = FilePlace(file: file, line: node.mark?.line ?? 1)
        self.notes = notes
        guard let mapping = node.mapping else {
            notes.fault("write “name: value” pairs here", at: place)
            return nil
        }
        self.mapping = mapping
        for key in mapping.keys where !names.contains(key.scalar?.string ?? "") {
            let known = names.sorted().joined(separator: ", ")
            notes.fault(
                "unknown name “\(key.scalar?.string ?? "?")”; known here: \(known)",
                at: FilePlace(file: file, line: key.mark?.line ?? place.line))
        }
    }

    func has(_ name: String) -> Bool { mapping[name] != nil }

    func place(of name: String) -> FilePlace {
        FilePlace(file: place.file, line: mapping[name]?.mark?.line ?? place.line)
    }

    func fault(_ message: String, at name: String) { notes.fault("\(name): \(message)", at: place(of: name)) }

    // MARK: Scalars

    /// The text of a scalar; nil when it is absent or no scalar. An absent one is a fault when `isRequired`.
    func text(_ name: String, isRequired: Bool = true) -> String? {
        guard let node = mapping[name] else {
            if isRequired { notes.fault("“\(name)” is missing", at: place) }
            return nil
        }
        guard let text = node.scalar?.string else {
            fault("write one value", at: name)
            return nil
        }
        if isRequired, text.allSatisfy(\.isWhitespace) {
            fault("is empty", at: name)
            return nil
        }
        return text
    }

    /// The text made into something by `parse`, which says with nil that it cannot be.
    func value<Value>(
        _ name: String, isRequired: Bool = true, as kind: String, _ parse: (String) -> Value?
    ) -> Value? {
        guard let text = text(name, isRequired: isRequired) else { return nil }
        guard let value = parse(text) else {
            fault("“\(text)” is not \(kind)", at: name)
            return nil
        }
        return value
    }

    func whole(_ name: String, isRequired: Bool = true) -> Int? {
        value(name, isRequired: isRequired, as: "a whole number") { Int($0) }
    }

    func number(_ name: String) -> Double? {
        value(name, as: "a number") { Double($0).flatMap { $0.isFinite ? $0 : nil } }
    }

    func flag(_ name: String) -> Bool? {
        value(name, isRequired: false, as: "true or false") { ["true": true, "false": false][$0] }
    }

    /// A code of `a`–`z`, `0`–`9` and `_`.
    func code<C: Code>(_ name: String, isRequired: Bool = true) -> C? {
        value(name, isRequired: isRequired, as: "a code (a–z, 0–9 and _, beginning with a letter)") { text in
            let code = C(rawValue: text)
            return code.isWellFormed ? code : nil
        }
    }

    /// A time such as `30 min`, `4 h` or `7 d`, in seconds.
    func seconds(_ name: String, isRequired: Bool = true) -> Int? {
        value(name, isRequired: isRequired, as: "a time such as 30 min, 4 h or 7 d") { text in
            let parts = text.split(separator: " ")
            guard parts.count == 2, let count = Int(parts[0]), count > 0, count <= 10_000,
                let unit = ["s": 1, "min": 60, "h": 3_600, "d": 86_400][String(parts[1])]
            else { return nil }
            return count * unit
        }
    }

    // MARK: Containers

    /// A text in both languages: `{id: …, en: …}`.
    func localized(_ name: String, isRequired: Bool = true) -> LocalizedText? {
        guard let node = mapping[name] else {
            if isRequired { notes.fault("“\(name)” is missing", at: place) }
            return nil
        }
        guard let texts = YAMLMap(node, in: place.file, notes, names: ["id", "en"]), let id = texts.text("id"),
            let en = texts.text("en")
        else { return nil }
        return LocalizedText(id: id, en: en)
    }

    func map(_ name: String, names: Set<String>) -> YAMLMap? {
        mapping[name].flatMap { YAMLMap($0, in: place.file, notes, names: names) }
    }

    /// A list of mappings; an absent one is empty, and a fault when `isRequired`.
    func maps(_ name: String, isRequired: Bool = false, names: Set<String>) -> [YAMLMap] {
        nodes(name, isRequired: isRequired).compactMap { YAMLMap($0, in: place.file, notes, names: names) }
    }

    func texts(_ name: String) -> [String] {
        nodes(name, isRequired: false).compactMap { node in
            guard let text = node.scalar?.string, !text.isEmpty else {
                notes.fault(
                    "\(name): write texts here", at: FilePlace(file: place.file, line: node.mark?.line ?? place.line))
                return nil
            }
            return text
        }
    }

    private func nodes(_ name: String, isRequired: Bool) -> [Node] {
        guard let node = mapping[name] else {
            if isRequired { notes.fault("“\(name)” is missing", at: place) }
            return []
        }
        guard let sequence = node.sequence else {
            fault("write a list here", at: name)
            return []
        }
        return Array(sequence)
    }
}
