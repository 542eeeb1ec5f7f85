internal import Domain
internal import FoundationEssentials
internal import Yams

/// A city's folder of YAML files, and how it becomes a `City`.
package enum JurisdictionFiles {
    package static let names = [
        "city.yaml", "agencies.yaml", "categories.yaml", "rules.yaml", "levels.yaml", "areas.yaml",
    ]

    /// Reads the folder and notes everything that is wrong in any of its files.
    package static func read(folder: String) -> JurisdictionReading {
        read { name in
            FileManager.default.contents(atPath: folder + "/" + name).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// As above, with the text of each file given by `contents`; nil for a file that cannot be read.
    package static func read(contents: (String) -> String?) -> JurisdictionReading {
        let notes = JurisdictionNotes()
        func root(_ name: String, _ members: Set<String>) -> YAMLMap? {
            guard let text = contents(name) else {
                notes.fault("the file is missing or cannot be read", at: FilePlace(file: name, line: 1))
                return nil
            }
            return compose(text, name, notes).flatMap { YAMLMap($0, in: name, notes, names: members) }
        }
        let grades: Set = ["source", "confirmed"]
        let city = root("city.yaml", CityReader.members)
        let agencies = root("agencies.yaml", grades.union(["agencies"]))
        let categories = root("categories.yaml", grades.union(["categories"]))
        let rules = root("rules.yaml", grades.union(["rules"]))
        let levels = root("levels.yaml", grades.union(["calendar", "levels"]))
        let areas = root("areas.yaml", grades.union(["areas"]))
        let draft = CityDraft(
            agencies: agencies.map(AgencyReader.read) ?? [], categories: categories.map(CategoryReader.read) ?? [],
            rules: rules.map(RuleReader.read) ?? [], levels: levels.map(LevelReader.read) ?? [],
            areas: areas.map(AreaReader.read) ?? [])
        // Without one of the files everything would seem unknown.
        if agencies != nil, categories != nil, rules != nil, levels != nil, areas != nil { draft.check(notes) }
        let read = city.flatMap { CityReader.read($0, draft) }
        return JurisdictionReading(
            city: notes.faults.isEmpty ? read : nil,
            faults: notes.faults.sorted { $0.place < $1.place },
            unconfirmed: notes.unconfirmed.sorted { $0.place < $1.place })
    }

    private static func compose(_ text: String, _ name: String, _ notes: JurisdictionNotes) -> Node? {
        do {
            if let node = try Yams.compose(yaml: text) { return node }
            notes.fault("the file is empty", at: FilePlace(file: name, line: 1))
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            notes.fault("no YAML: \(problem)", at: FilePlace(file: name, line: mark.line))
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
            notes.fault(
                "written twice: \(keys.joined(separator: ", "))", at: FilePlace(file: name, line: context.mark.line))
        } catch {
            notes.fault("no YAML: \(error)", at: FilePlace(file: name, line: 1))
        }
        return nil
    }
}

/// A value and where it stands.
struct Placed<Value> {
    var value: Value
    var map: YAMLMap
}

/// The lists of a city before they have been checked against each other.
struct CityDraft {
    var agencies: [Placed<Agency>]
    var categories: [Placed<Category>]
    var rules: [Placed<RoutingRule>]
    var levels: [Placed<ServiceLevel>]
    var areas: [Placed<Area>]
}
