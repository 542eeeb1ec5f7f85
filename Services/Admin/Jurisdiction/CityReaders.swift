internal import Domain

/// `city.yaml`.
enum CityReader {
    static let members: Set = [
        "code", "name", "timezone", "utc_offset", "timezone_label", "tracking_prefix", "hosts", "map", "limits",
        "consents", "whatsapp",
    ]

    static func read(_ map: YAMLMap, _ draft: CityDraft) -> City? {
        let code: JurisdictionCode? = map.code("code")
        let name = map.localized("name")
        let timezone = map.text("timezone")
        let offset = map.value("utc_offset", as: "an offset such as +08:00", offset)
        let prefix = map.value("tracking_prefix", as: "2 to 6 capital letters") {
            TrackingCode.isPrefix($0) ? $0 : nil
        }
        let label = map.text("timezone_label", isRequired: false) ?? ""
        let (tiles, limits) = (tiles(map), limits(map))
        let consents = consents(map)
        let hosts = map.texts("hosts")
        for host in hosts where !isHost(host) { map.fault("“\(host)” is not a host name", at: "hosts") }
        guard let code, let name, let timezone, let offset, let prefix else { return nil }
        return City(
            code: code, name: name, timezone: timezone, utcOffset: offset, timezoneLabel: label, hosts: hosts,
            trackingPrefix: prefix, agencies: draft.agencies.map(\.value),
            categories: draft.categories.map(\.value), rules: draft.rules.map(\.value),
            levels: draft.levels.map(\.value), areas: draft.areas.map(\.value), map: tiles, limits: limits,
            consents: consents, whatsappNews: whatsapp(map))
    }

    /// The template by which news goes out that free text cannot tell any more.
    private static func whatsapp(_ city: YAMLMap) -> ChatTemplate? {
        guard let map = city.map("whatsapp", names: ["news_template", "language"]) else { return nil }
        let name = map.value("news_template", isRequired: false, as: "1 to 512 of a–z, 0–9 and _") { text in
            let isName =
                text.utf8.count <= 512
                && text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
            return isName ? text : nil
        }
        let language = map.value("language", isRequired: false, as: "a language such as id or en_US") { text in
            text.wholeMatch(of: /[a-z]{2,3}(_[A-Z]{2})?/) == nil ? nil : text
        }
        guard let name, !name.isEmpty else { return nil }
        return ChatTemplate(name: name, language: language ?? "id")
    }

    private static func offset(_ text: String) -> Int? {
        // The offset of any RFC 3339 time is read alike.
        Timestamp(rfc3339: "1970-01-02T00:00:00" + text).map { 86_400 - Int($0.microseconds / 1_000_000) }
    }

    private static func isHost(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
            }
    }

    private static func tiles(_ map: YAMLMap) -> MapTiles {
        guard let tiles = map.map("map", names: ["tiles"])?.map("tiles", names: ["url", "attribution"]) else {
            return MapTiles()
        }
        let url = tiles.text("url", isRequired: false).flatMap { $0.isEmpty ? nil : $0 }
        let attribution = tiles.text("attribution", isRequired: false).flatMap { $0.isEmpty ? nil : $0 }
        if let url {
            let isTemplate = ["{z}", "{x}", "{y}"].allSatisfy { url.contains($0) }
            if !isTemplate || !(url.hasPrefix("https://") || url.hasPrefix("http://") || url.hasPrefix("/")) {
                tiles.fault("“\(url)” is not a URL with {z}, {x} and {y}", at: "url")
            }
            if attribution == nil { tiles.fault("tiles need an attribution", at: "url") }
        }
        return MapTiles(url: url, attribution: attribution)
    }

    /// What people agree to who say who they are, the newest last.
    private static func consents(_ city: YAMLMap) -> [Consent] {
        let names: Set = ["version", "purpose", "retention_days", "source", "confirmed"]
        var seen: Set<String> = []
        return city.maps("consents", names: names).compactMap { map in
            let version = map.value("version", as: "1 to 64 letters, digits, points and hyphens") { text in
                (1...64).contains(text.utf8.count)
                    && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) } ? text : nil
            }
            let purpose = map.localized("purpose")
            let days = map.whole("retention_days")
            if let days, !(1...3_660).contains(days) { map.fault("must be 1 to 3660", at: "retention_days") }
            guard let version, let purpose, let days else { return nil }
            if !seen.insert(version).inserted { map.fault("“\(version)” is written twice", at: "version") }
            map.grade("consent \(version): purpose, and \(days) days", in: city)
            return Consent(version: version, purpose: purpose, retentionDays: days)
        }
    }

    private static func limits(_ map: YAMLMap) -> CityLimits {
        let names: Set = [
            "centre_metres", "snap_metres", "transfers_to_triage", "agency_reopen", "reporter_reopen", "close_after",
        ]
        guard let limits = map.map("limits", names: names) else { return CityLimits() }
        func bounded(_ name: String, _ usual: Int, _ range: ClosedRange<Int>) -> Int {
            guard let value = limits.whole(name, isRequired: false) else { return usual }
            if !range.contains(value) { limits.fault("must be \(range.lowerBound) to \(range.upperBound)", at: name) }
            return value
        }
        func seconds(_ name: String, _ usual: Int) -> Int { limits.seconds(name, isRequired: false) ?? usual }
        let usual = CityLimits()
        return CityLimits(
            centreMetres: bounded("centre_metres", usual.centreMetres, 100...100_000),
            snapMetres: bounded("snap_metres", usual.snapMetres, 0...10_000),
            transfersToTriage: bounded("transfers_to_triage", usual.transfersToTriage, 1...100),
            agencyReopenSeconds: seconds("agency_reopen", usual.agencyReopenSeconds),
            reporterReopenSeconds: seconds("reporter_reopen", usual.reporterReopenSeconds),
            closeSeconds: seconds("close_after", usual.closeSeconds))
    }
}

extension YAMLMap {
    /// Notes what this entry says of itself, or its file of all its entries: whether `what` is confirmed.
    ///
    /// - Returns: whether it is.
    @discardableResult
    func grade(_ what: String, in file: YAMLMap) -> Bool {
        let source =
            text("source", isRequired: false) ?? file.text("source", isRequired: false) ?? "L"
        if !["H", "M", "L"].contains(source) {
            fault("“\(source)” is not H, M or L", at: has("source") ? "source" : "")
        }
        let isConfirmed = flag("confirmed") ?? file.flag("confirmed") ?? false
        if !isConfirmed { notes.unconfirmed(what, source: source, at: place) }
        return isConfirmed
    }

    func phones(_ name: String) -> [PhoneNumber] {
        maps(name, names: ["number", "label", "source", "confirmed"]).compactMap { map in
            let number = map.value("number", as: "a telephone number") { text in
                text.allSatisfy { $0.isASCII && ($0.isNumber || "+- ".contains($0)) }
                    && text.contains(where: \.isNumber)
                    ? text : nil
            }
            guard let number, let label = map.localized("label") else { return nil }
            // A number counts as confirmed only where it says so itself.
            let isConfirmed = map.flag("confirmed") ?? false
            if !isConfirmed {
                let source = map.text("source", isRequired: false) ?? "L"
                notes.unconfirmed("number \(number) (\(label.en))", source: source, at: map.place)
            }
            return PhoneNumber(number: number, label: label, confirmed: isConfirmed)
        }
    }
}

/// `agencies.yaml`.
enum AgencyReader {
    static func read(_ file: YAMLMap) -> [Placed<Agency>] {
        let names: Set = ["code", "name", "short", "kind", "phones", "source", "confirmed"]
        return file.maps("agencies", isRequired: true, names: names).compactMap { map in
            let code: AgencyCode? = map.code("code")
            let name = map.localized("name")
            let short = map.text("short")
            let kind = map.value("kind", isRequired: false, as: "agency or triage", Agency.Kind.init(rawValue:))
            let phones = map.phones("phones")
            guard let code, let name, let short else { return nil }
            map.grade("agency \(code)", in: file)
            return Placed(
                value: Agency(code: code, name: name, short: short, kind: kind ?? .agency, phones: phones), map: map)
        }
    }
}

/// `categories.yaml`.
enum CategoryReader {
    static func read(_ file: YAMLMap) -> [Placed<Category>] {
        let names: Set = [
            "code", "name", "icon", "sensitive", "urgent", "emergency", "subtypes", "assists", "note", "questions",
            "keywords", "source", "confirmed",
        ]
        return file.maps("categories", isRequired: true, names: names).compactMap { map in
            let code: CategoryCode? = map.code("code")
            let name = map.localized("name")
            let icon = map.text("icon")
            let (sensitive, urgent) = (map.flag("sensitive") ?? false, map.flag("urgent") ?? false)
            let emergency = map.phones("emergency")
            let subtypes = subtypes(of: map)
            let assists = map.texts("assists")
            let note = map.localized("note", isRequired: false)
            let questions = QuestionReader.read(map)
            let keywords = map.texts("keywords")
            guard let code, let name, let icon else { return nil }
            map.grade("category \(code)", in: file)
            return Placed(
                value: Category(
                    code: code, name: name, icon: icon, sensitive: sensitive, urgent: urgent, emergency: emergency,
                    subtypes: subtypes, assists: assists, note: note, questions: questions, keywords: keywords),
                map: map)
        }
    }

    private static func subtypes(of map: YAMLMap) -> [Subtype] {
        var seen: Set<SubtypeCode> = []
        return map.maps("subtypes", names: ["code", "name", "keywords"]).compactMap { map in
            let code: SubtypeCode? = map.code("code")
            let name = map.localized("name")
            guard let code, let name else { return nil }
            if !seen.insert(code).inserted { map.fault("“\(code)” is written twice", at: "code") }
            return Subtype(code: code, name: name, keywords: map.texts("keywords"))
        }
    }
}

/// `rules.yaml`.
enum RuleReader {
    static func read(_ file: YAMLMap) -> [Placed<RoutingRule>] {
        let names: Set = [
            "code", "category", "subtype", "areas", "hours", "agency", "priority", "why", "source", "confirmed",
        ]
        return file.maps("rules", isRequired: true, names: names).compactMap { map in
            let code: CategoryCode? = map.code("code")
            let category: CategoryCode? = map.code("category")
            let subtype: SubtypeCode? = map.code("subtype", isRequired: false)
            let agency: AgencyCode? = map.code("agency")
            let areas = map.texts("areas").map { AreaCode($0) }
            if map.has("areas"), areas.isEmpty { map.fault("names no area", at: "areas") }
            let hours = map.value("hours", isRequired: false, as: "hours such as 18:00-06:00", hours)
            let priority = map.value(
                "priority", isRequired: false, as: Priority.allCases.map(\.rawValue).joined(separator: ", "),
                Priority.init(rawValue:))
            let why = map.text("why", isRequired: false)
            guard let code, let category, let agency else { return nil }
            map.grade("rule \(code): \(category) → \(agency)", in: file)
            return Placed(
                value: RoutingRule(
                    code: code.rawValue, category: category, subtype: subtype, areas: areas.isEmpty ? nil : areas,
                    hours: hours, agency: agency, priority: priority, why: why), map: map)
        }
    }

    private static func hours(_ text: String) -> HoursOfDay? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { end -> Int? in
            let parts = end.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hour = Int(parts[0]),
                let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute),
                hour * 60 + minute <= 1_440
            else { return nil }
            return hour * 60 + minute
        }
        guard ends.count == 2, let from = ends[0], let until = ends[1], from != until, from < 1_440 else { return nil }
        return HoursOfDay(from: from, until: until)
    }
}

/// `levels.yaml`.
enum LevelReader {
    static func read(_ file: YAMLMap) -> [Placed<ServiceLevel>] {
        let names: Set = ["category", "subtype", "acknowledge", "arrive", "resolve", "source", "confirmed"]
        _ = file.value("calendar", isRequired: false, as: "elapsed", ServiceLevel.Calendar.init(rawValue:))
        return file.maps("levels", isRequired: true, names: names).compactMap { map in
            let category: CategoryCode? = map.code("category", isRequired: false)
            let subtype: SubtypeCode? = map.code("subtype", isRequired: false)
            let acknowledge = map.seconds("acknowledge")
            let arrive = map.seconds("arrive", isRequired: false)
            let resolve = map.seconds("resolve")
            guard let acknowledge, let resolve else { return nil }
            if resolve < max(acknowledge, arrive ?? 0) { map.fault("is the shortest of its times", at: "resolve") }
            let what = ([category?.rawValue ?? "triage"] + (subtype.map { [$0.rawValue] } ?? [])).joined(separator: "/")
            let isConfirmed = map.grade("level \(what)", in: file)
            return Placed(
                value: ServiceLevel(
                    category: category, subtype: subtype, acknowledgeSeconds: acknowledge, arriveSeconds: arrive,
                    resolveSeconds: resolve, confirmed: isConfirmed), map: map)
        }
    }
}

/// `areas.yaml`.
enum AreaReader {
    static func read(_ file: YAMLMap) -> [Placed<Area>] {
        let names: Set = [
            "code", "name", "spellings", "district", "district_code", "postcode", "lat", "lng", "source", "confirmed",
        ]
        var ungraded = 0
        let areas = file.maps("areas", isRequired: true, names: names).compactMap { map -> Placed<Area>? in
            let code = map.value("code", as: "a code of digits and dots") { text in
                AreaCode(rawValue: text).isWellFormed ? AreaCode(rawValue: text) : nil
            }
            let (name, district, districtCode) = (map.text("name"), map.text("district"), map.text("district_code"))
            let postcode = map.text("postcode", isRequired: false) ?? ""
            let (lat, lng) = (map.number("lat"), map.number("lng"))
            if let lat, abs(lat) > 90 { map.fault("must lie between -90 and 90", at: "lat") }
            if let lng, abs(lng) > 180 { map.fault("must lie between -180 and 180", at: "lng") }
            let spellings = map.texts("spellings")
            guard let code, let name, let district, let districtCode, let lat, let lng else { return nil }
            if map.has("source") || map.has("confirmed") {
                map.grade("area \(code) \(name)", in: file)
            } else {
                ungraded += 1
            }
            return Placed(
                value: Area(
                    code: code, name: name, spellings: spellings, district: district, districtCode: districtCode,
                    postcode: postcode, lat: lat, lng: lng), map: map)
        }
        // A city has many: those that say nothing of themselves are one line of the check.
        if ungraded > 0 { file.grade("\(ungraded) areas: codes, names, postcodes and centres", in: file) }
        return areas
    }
}
