internal import Domain
internal import FoundationEssentials

/// Every sentence of the pages, in one language: `group → key → text`, read once from `Texts/*.json`.
///
/// A text may hold places such as `{n}`, which `wording("group.key", ["n": …])` fills.
struct Texts: Sendable {
    let groups: [String: [String: String]]

    static let indonesian = Texts(PackageResources.id_json)
    static let english = Texts(PackageResources.en_json)

    static func texts(_ language: Language) -> Texts {
        language == .indonesian ? indonesian : english
    }

    private init(_ bytes: [UInt8]) {
        do {
            groups = try JSONDecoder().decode([String: [String: String]].self, from: Data(bytes))
        } catch {
            preconditionFailure("a texts file is not readable: \(error)")
        }
    }

    /// The text at `group.key`, or nil where there is none.
    func find(_ path: String) -> String? {
        guard let dot = path.firstIndex(of: ".") else { return nil }
        return groups[String(path[..<dot])]?[String(path[path.index(after: dot)...])]
    }
}
