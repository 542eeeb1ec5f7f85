import Admin
import Domain
import FoundationEssentials
import Testing

@Suite struct KupangTests {
    static let folder =
        String(#filePath.dropLast("Tests/ServiceTests/JurisdictionTests.swift".count))
        + "ops/jurisdictions/kupang"

    static func city() throws -> City { try #require(JurisdictionFiles.read(folder: folder).city) }

    @Test func `the city's files have no fault, and what is unconfirmed has its source`() throws {
        let reading = JurisdictionFiles.read(folder: Self.folder)
        #expect(reading.faults.isEmpty, "\(reading.faults)")
        #expect(reading.city != nil)
        #expect(reading.unconfirmed.allSatisfy { ["H", "M", "L"].contains($0.source) })
        #expect(reading.unconfirmed.contains { $0.what == "number 110 (Police)" && $0.source == "L" })
    }

    @Test func `what its source does not settle waits to be confirmed: all areas in one line`() throws {
        let reading = JurisdictionFiles.read(folder: Self.folder)
        let areas = reading.unconfirmed.filter { $0.place.file == "areas.yaml" }
        #expect(areas.map(\.what) == ["51 areas: codes, names, postcodes and centres"])
        #expect(areas.map(\.source) == ["M"])
        let told = reading.text(folder: "kupang").split(separator: "\n").filter { $0.contains("areas.yaml") }
        #expect(told.count == 1 && told[0].hasSuffix("51 areas: codes, names, postcodes and centres (M)"), "\(told)")
        #expect(reading.unconfirmed.contains { $0.what == "level kebakaran" && $0.source == "L" })
    }

    @Test func `the city is whole`() throws {
        let city = try Self.city()
        #expect(
            city.agencies.map(\.code) == [
                "dlhk", "pupr", "dishub", "dinsos", "satpolpp", "dinkes", "damkar", "kominfo",
            ])
        #expect(city.triageAgency?.code == "kominfo")
        #expect(
            Set(city.categories.map(\.code)) == [
                "sampah", "lampu_rambu", "kemacetan", "pelanggaran_lalin", "parkir_liar", "tunawisma_pengemis",
                "fasilitas_anak", "orang_hilang", "pkl_liar", "pelanggaran_bangunan", "iklan_liar", "fogging_dbd",
                "masalah_kesehatan", "kebakaran",
            ])
        #expect(
            Set(city.categories.filter(\.sensitive).map(\.code)) == [
                "tunawisma_pengemis", "orang_hilang", "masalah_kesehatan", "fogging_dbd",
            ])
        #expect(city.areas.count == 51 && Set(city.areas.map(\.district)).count == 6)
        #expect(city.utcOffset == 28_800 && city.trackingPrefix == "KPG")
        #expect(try City(document: city.document()) == city)
    }

    @Test func `only confirmed emergency numbers are shown, and there is one for a fire`() throws {
        let city = try Self.city()
        #expect(city.category("kebakaran")?.confirmedEmergency.map(\.number) == ["113", "0380-821467"])
        for category in city.categories where category.code != "kebakaran" {
            #expect(category.confirmedEmergency.isEmpty)
        }
        #expect(!city.categories.flatMap(\.emergency).contains { $0.number == "112" })
    }

    @Test(
        arguments: [
            ("sampah", nil, "dlhk", 4 * 60, 24 * 60), ("lampu_rambu", "lampu_jalan", "pupr", 4 * 60, 24 * 60),
            ("lampu_rambu", "lampu_lalin", "dishub", 4 * 60, 24 * 60),
            ("lampu_rambu", "rambu", "dishub", 4 * 60, 24 * 60),
            ("kemacetan", nil, "dishub", 30, 4 * 60), ("pelanggaran_lalin", nil, "dishub", 2 * 60, 8 * 60),
            ("parkir_liar", nil, "dishub", 60, 8 * 60), ("tunawisma_pengemis", nil, "dinsos", 8 * 60, 72 * 60),
            ("fasilitas_anak", nil, "dinsos", 24 * 60, 7 * 1_440), ("orang_hilang", nil, "dinsos", 15, 24 * 60),
            ("pkl_liar", nil, "satpolpp", 8 * 60, 72 * 60),
            ("pelanggaran_bangunan", nil, "satpolpp", 72 * 60, 14 * 1_440),
            ("iklan_liar", nil, "satpolpp", 24 * 60, 72 * 60), ("fogging_dbd", nil, "dinkes", 24 * 60, 72 * 60),
            ("masalah_kesehatan", nil, "dinkes", 15, 24 * 60), ("kebakaran", nil, "damkar", 2, 24 * 60),
            ("lampu_rambu", nil, "kominfo", 4 * 60, 72 * 60), (nil, nil, "kominfo", 4 * 60, 72 * 60),
        ] as [(CategoryCode?, SubtypeCode?, AgencyCode, Int, Int)])
    func `every kind of report has its agency and its promises`(
        category: CategoryCode?, subtype: SubtypeCode?, agency: AgencyCode, acknowledge: Int, resolve: Int
    ) throws {
        let received = Timestamp(seconds: 1_795_000_000)
        let report = RoutableReport(
            id: UUID(), category: category, subtype: subtype, area: nil, areaIsApproximate: true, channel: "web",
            receivedAt: received)
        let decision = RoutingTable(city: try Self.city()).decide(report, at: received)
        #expect(decision.agency == agency)
        #expect(decision.deadlines.acknowledgeBy == received.adding(seconds: acknowledge * 60))
        #expect(decision.deadlines.resolveBy == received.adding(seconds: resolve * 60))
        #expect(decision.deadlines.arriveBy == (category == "kebakaran" ? received.adding(seconds: 900) : nil))
        #expect(!decision.why.isEmpty)
    }

    @Test(
        arguments: [
            ("Air Mata", "53.71.06.1001"), ("LLBK dekat pelabuhan lama", "53.71.06.1002"),
            ("BTN, TDM", "53.71.04.1014"),
            ("Naikoten I", "53.71.05.1004"), ("naikoten satu", "53.71.05.1004"), ("Bakunase II", "53.71.05.1002"),
            ("bakunase", "53.71.05.1001"), ("Batuplat", "53.71.01.1009"), ("Belo", "53.71.02.1005"),
            ("Penkase-Oeleta", "53.71.01.1012"), ("Todekisar", "53.71.06.1005"),
            ("kel. Alak, kec. Alak", "53.71.01.1008"),
            ("Kelapa Lima", "53.71.03.1001"), ("Oesapa Selatan, Kelapa Lima", "53.71.03.1015"), ("Kota Lama", nil),
        ] as [(String, AreaCode?)])
    func `addresses are understood in the city's own spellings`(address: String, area: AreaCode?) throws {
        #expect(PlaceIndex(city: try Self.city()).area(inAddress: address)?.code == area)
    }

    @Test func `every sample report would be accepted`() throws {
        let city = try Self.city()
        let places = PlaceIndex(city: city)
        let file = try #require(FileManager.default.contents(atPath: Self.folder + "/samples.tsv"))
        let lines = String(decoding: file, as: UTF8.self).split(separator: "\n").dropFirst()
        #expect(lines.count >= 140)
        for line in lines {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            try #require(columns.count == 4, "\(line)")
            var draft = ReportDraft()
            draft.category = columns[0].isEmpty ? nil : CategoryCode(columns[0])
            draft.subtype = columns[1].isEmpty ? nil : SubtypeCode(columns[1])
            draft.area = AreaCode(columns[2])
            draft.description = columns[3]
            let result = AdmissionRules.validate(draft, city: city, places: places, now: Timestamp(seconds: 0))
            #expect(throws: Never.self, "\(line)") { try result.get() }
        }
    }
}

@Suite struct JurisdictionFilesTests {
    /// Reads Kupang's files with one of them changed.
    private static func read(_ file: String, _ change: (String) -> String?) -> JurisdictionReading {
        JurisdictionFiles.read { name in
            let text = FileManager.default.contents(atPath: KupangTests.folder + "/" + name)
                .map { String(decoding: $0, as: UTF8.self) }
            return name == file ? text.flatMap(change) : text
        }
    }

    private static func line(of text: String, in file: String) throws -> Int {
        let contents = try #require(FileManager.default.contents(atPath: KupangTests.folder + "/" + file))
        let lines = String(decoding: contents, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return try #require(lines.firstIndex { $0.contains(text) }) + 1
    }

    @Test(arguments: [
        ("city.yaml", "timezone: Asia/Makassar", "timezone_name: x", "unknown name “timezone_name”"),
        ("city.yaml", "utc_offset: \"+08:00\"", "utc_offset: 8", "“8” is not an offset"),
        ("city.yaml", "tracking_prefix: KPG", "tracking_prefix: k", "“k” is not 2 to 6 capital letters"),
        ("city.yaml", "tiles: {url: \"\"", "tiles: {url: \"https://x/\"", "is not a URL with {z}, {x} and {y}"),
        ("city.yaml", "transfers_to_triage: 3", "transfers_to_triage: 0", "must be 1 to 100"),
        ("agencies.yaml", "- code: pupr", "- code: dlhk", "stands on line"),
        ("agencies.yaml", "kind: triage", "kind: boss", "“boss” is not agency or triage"),
        ("agencies.yaml", "number: 0380-821467", "number: call us", "is not a telephone number"),
        ("categories.yaml", "name: {id: Sampah, en: Rubbish}", "name: {id: Sampah}", "“en” is missing"),
        ("categories.yaml", "sensitive: true", "sensitive: yes", "“yes” is not true or false"),
        (
            "categories.yaml", "kind: number, minimum: 1", "kind: count, minimum: 1",
            "“count” is not choice, text, number"
        ),
        ("categories.yaml", "minimum: 1, maximum: 200", "minimum: 9, maximum: 8", "must be 9 to 1000000"),
        ("categories.yaml", "kind: text, maximum: 40", "kind: text, maximum: 400", "must be 1 to 300"),
        ("categories.yaml", "code: nomor_tiang", "code: jumlah", "“jumlah” is written twice"),
        ("categories.yaml", "code: ada_orang, kind: yes_no", "code: ada_orang, kind: choice", "2 to 10 options"),
        (
            "categories.yaml", "kind: yes_no, label: {id: \"Apakah ada",
            "kind: yes_no, maximum: 3, label: {id: \"Apakah ada", "only a number or a text"
        ),
        ("rules.yaml", "agency: dlhk", "agency: dlhj", "no agency is called “dlhj”"),
        ("rules.yaml", "category: kemacetan, agency", "category: macet, agency", "no category is called “macet”"),
        ("rules.yaml", "subtype: rambu, agency", "subtype: tanda, agency", "has no sub-type “tanda”"),
        (
            "rules.yaml", "{code: iklan_liar, category: iklan_liar", "{code: iklan_liar, category: sampah",
            "never reached"
        ),
        ("rules.yaml", "agency: damkar}", "agency: damkar, hours: 25:00-01:00}", "is not hours such as"),
        ("rules.yaml", "agency: damkar}", "agency: damkar, areas: [\"53.71.99.1\"]}", "no area has the code"),
        ("rules.yaml", "agency: damkar}", "agency: damkar, priority: soon}", "is not urgent, high, normal, low"),
        ("levels.yaml", "acknowledge: 30 min", "acknowledge: 30", "is not a time such as"),
        ("levels.yaml", "resolve: 4 h}", "resolve: 4 min}", "is the shortest of its times"),
        ("areas.yaml", "lat: -10.176", "lat: -100.176", "must lie between -90 and 90"),
        ("areas.yaml", "name: Nunhila", "name: Fatufeto", "also means"),
    ])
    func `a fault is told with its file and line`(file: String, old: String, new: String, message: String) throws {
        let reading = Self.read(file) { $0.replacing(old, with: new, maxReplacements: 1) }
        #expect(reading.city == nil)
        let line = try Self.line(of: old, in: file)
        #expect(
            reading.faults.contains { fault in
                fault.message.contains(message) && fault.place.file == file
                    // A list's entry is told by its first line.
                    && ([line, line + 1].contains(fault.place.line) || message == "also means")
            }, "\(reading.faults)")
    }

    @Test func `an area that says of itself how sure it is has a line of its own`() {
        let reading = Self.read("areas.yaml") { text in
            text.replacing("name: Nunhila,", with: "name: Nunhila, source: L,")
                .replacing("name: Namosain,", with: "name: Namosain, confirmed: true,")
        }
        #expect(reading.faults.isEmpty, "\(reading.faults)")
        let areas = reading.unconfirmed.filter { $0.place.file == "areas.yaml" }
        #expect(areas.map(\.what) == ["49 areas: codes, names, postcodes and centres", "area 53.71.01.1004 Nunhila"])
        #expect(areas.map(\.source) == ["M", "L"])
    }

    @Test func `all faults of all files come at once, in order`() {
        let reading = JurisdictionFiles.read { name in
            switch name {
            case "city.yaml": "code: Kupang\nname: x\n"
            case "agencies.yaml": "agencies: [\n"
            case "categories.yaml": nil
            case "rules.yaml": ""
            case "levels.yaml": "a: 1\na: 2\n"
            default: "- 1\n"
            }
        }
        #expect(reading.city == nil)
        #expect(Set(reading.faults.map(\.place.file)) == Set(JurisdictionFiles.names))
        #expect(reading.faults.map(\.place) == reading.faults.map(\.place).sorted())
        #expect(reading.faults.filter { $0.place.file == "city.yaml" }.count == 5)
    }

    @Test func `a missing level or triage is a fault`() {
        let levels = Self.read("levels.yaml") { text in
            text.split(separator: "\n").filter { !$0.contains("kebakaran") && !$0.contains("{acknowledge") }
                .joined(separator: "\n")
        }
        #expect(levels.faults.contains { $0.message.contains("“kebakaran” has no service level") })
        #expect(levels.faults.contains { $0.message.contains("triage has no service level") })
        let agencies = Self.read("agencies.yaml") { $0.replacing("    kind: triage\n", with: "") }
        #expect(agencies.faults.map(\.message) == ["no agency has kind triage"])
    }

    @Test func `the check is told as text and as JSON`() throws {
        let reading = Self.read("rules.yaml") { $0.replacing("agency: dlhk", with: "agency: dlhj") }
        #expect(reading.text(folder: "kupang").contains("kupang/rules.yaml:10: agency: no agency is called “dlhj”"))
        #expect(reading.text(folder: "kupang").hasSuffix("refused: 1 fault"))
        let json = try JSONReader.read(Array(reading.json.utf8)).value
        #expect(json["ok"] == .bool(false))
        guard case .array(let faults)? = json["faults"] else { return #expect(Bool(false), "no faults") }
        #expect(faults.first?["line"] == .int(10) && faults.count == 1)
    }
}

@Suite struct BoundaryFileTests {
    private static func collection(_ features: [String]) -> [UInt8] {
        Array(#"{"type":"FeatureCollection","features":[\#(features.joined(separator: ","))]}"#.utf8)
    }

    private static func square(_ area: Area) -> String {
        let corners = [(0.001, 0.001), (-0.001, 0.001), (-0.001, -0.001), (0.001, -0.001), (0.001, 0.001)]
        let ring = corners.map { "[\(area.lng + $0.0),\(area.lat + $0.1)]" }.joined(separator: ",")
        return #"{"type":"Polygon","coordinates":[[\#(ring)]]}"#
    }

    private static func feature(_ properties: String, _ geometry: String) -> String {
        #"{"type":"Feature","properties":{\#(properties)},"geometry":\#(geometry)}"#
    }

    @Test func `areas are found by code and by name`() throws {
        let city = try KupangTests.city()
        let features = city.areas.enumerated().map { index, area in
            Self.feature(
                index.isMultiple(of: 2) ? #""kode":"\#(area.code)""# : #""nama":"\#(area.name.uppercased())""#,
                Self.square(area))
        }
        let boundaries = try BoundaryFile.read(Self.collection(features), city: city).get()
        #expect(Set(boundaries.keys) == Set(city.areas.map(\.code)))
        let places = PlaceIndex(city: city, boundaries: boundaries)
        for area in city.areas { #expect(places.locate(area.centre)?.code == area.code) }
    }

    @Test func `all faults come at once`() throws {
        let city = try KupangTests.city()
        let (first, second) = (city.areas[0], city.areas[1])
        let swapped = #"{"type":"Polygon","coordinates":[[[-10.1,23.5],[-10.2,23.5],[-10.2,23.6],[-10.1,23.5]]]}"#
        let result = BoundaryFile.read(
            Self.collection([
                Self.feature(#""kode":"\#(first.code)""#, Self.square(first)),
                Self.feature(#""kode":"\#(first.code)""#, Self.square(first)),
                Self.feature(#""kode":"99.99","nama":"Atlantis""#, Self.square(first)),
                Self.feature(#""luas":1"#, Self.square(first)),
                Self.feature(#""nama":"\#(second.name)""#, #"{"type":"Point","coordinates":[1,2]}"#),
                Self.feature(#""nama":"\#(second.name)""#, swapped),
            ]), city: city)
        guard case .failure(let faults) = result else {
            Issue.record("accepted")
            return
        }
        #expect(faults.list.map(\.feature) == [1, 2, 3, 4, 5])
        for (fault, words) in zip(faults.list, ["second", "Atlantis", "neither", "no Polygon", "swapped"]) {
            #expect(fault.message.contains(words), "\(fault)")
        }
    }

    @Test(arguments: [
        ("[", "no JSON"), ("{}", "FeatureCollection"),
        (#"{"type":"FeatureCollection","features":[]}"#, "no boundary of"),
    ])
    func `what is no boundary file is refused`(text: String, message: String) throws {
        guard case .failure(let faults) = BoundaryFile.read(Array(text.utf8), city: try KupangTests.city()) else {
            Issue.record("accepted")
            return
        }
        #expect(faults.list[0].message.contains(message))
    }
}
