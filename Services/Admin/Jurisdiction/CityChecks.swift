internal import Domain

extension CityDraft {
    /// Checks the lists against each other.
    func check(_ notes: JurisdictionNotes) {
        checkCodes()
        checkAgencies(notes)
        checkRules()
        checkLevels()
        checkAreas()
    }

    private func checkCodes() {
        unique(agencies, "code") { $0.code }
        unique(categories, "code") { $0.code }
        unique(rules, "code") { $0.code }
        unique(areas, "code") { $0.code }
        unique(levels, "category") { [$0.category?.rawValue ?? "", $0.subtype?.rawValue ?? ""] }
    }

    private func unique<Value, Key: Hashable>(_ list: [Placed<Value>], _ name: String, _ key: (Value) -> Key) {
        var lines: [Key: Int] = [:]
        for item in list {
            if let line = lines[key(item.value)] {
                item.map.fault("stands on line \(line) already", at: name)
            } else {
                lines[key(item.value)] = item.map.place.line
            }
        }
    }

    private func checkAgencies(_ notes: JurisdictionNotes) {
        let triage = agencies.filter { $0.value.kind == .triage }
        if triage.isEmpty {
            notes.fault("no agency has kind triage", at: FilePlace(file: "agencies.yaml", line: 1))
        }
        for second in triage.dropFirst() { second.map.fault("only one agency can be triage", at: "kind") }
    }

    private func checkRules() {
        let known = Set(agencies.map(\.value.code))
        let areaCodes = Set(areas.map(\.value.code))
        var covered: [[String]: String] = [:]
        for rule in rules {
            let (value, map) = (rule.value, rule.map)
            if !known.contains(value.agency) { map.fault("no agency is called “\(value.agency)”", at: "agency") }
            checkKind(map, value.category, value.subtype)
            for area in value.areas ?? [] where !areaCodes.contains(area) {
                map.fault("no area has the code “\(area)”", at: "areas")
            }
            let kind = [value.category.rawValue, value.subtype?.rawValue ?? ""]
            if let earlier = covered[[value.category.rawValue, ""]] ?? covered[kind] {
                map.fault("is never reached: rule \(earlier) decides first", at: "code")
            } else if value.areas == nil, value.hours == nil {
                covered[kind] = value.code
            }
        }
    }

    private func checkLevels() {
        for level in levels {
            guard let category = level.value.category else {
                if level.value.subtype != nil { level.map.fault("needs its category", at: "subtype") }
                continue
            }
            checkKind(level.map, category, level.value.subtype)
        }
        let levelled = Set(levels.map(\.value.category))
        for category in categories where !levelled.contains(category.value.code) {
            category.map.fault("“\(category.value.code)” has no service level", at: "code")
        }
        if !levelled.contains(nil) {
            levels.first?.map.notes.fault(
                "triage has no service level: write one without a category",
                at: FilePlace(file: "levels.yaml", line: 1))
        }
    }

    private func checkKind(_ map: YAMLMap, _ category: CategoryCode, _ subtype: SubtypeCode?) {
        guard let known = categories.first(where: { $0.value.code == category }) else {
            return map.fault("no category is called “\(category)”", at: "category")
        }
        if let subtype, known.value.subtype(subtype) == nil {
            map.fault("“\(category)” has no sub-type “\(subtype)”", at: "subtype")
        }
    }

    private func checkAreas() {
        var owners: [String: AreaCode] = [:]
        for area in areas {
            for spelling in [area.value.name] + area.value.spellings {
                let folded = spelling.lowercased()
                if let owner = owners[folded] {
                    area.map.fault(
                        "“\(spelling)” also means \(owner)", at: spelling == area.value.name ? "name" : "spellings")
                }
                owners[folded] = area.value.code
            }
            if !area.value.code.rawValue.hasPrefix(area.value.districtCode + ".") {
                area.map.fault("does not begin the area's code", at: "district_code")
            }
        }
    }
}
