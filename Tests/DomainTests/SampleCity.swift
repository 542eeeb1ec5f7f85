import Domain

/// A small city with every kind of thing in it.
enum Sample {
    static let city = City(
        code: "kupang", name: LocalizedText(id: "Kota Kupang", en: "Kupang City"), timezone: "Asia/Makassar",
        utcOffset: 28_800, timezoneLabel: "WITA", hosts: ["localhost"], trackingPrefix: "KPG",
        agencies: [
            agency("dlhk", "DLHK"), agency("pupr", "PUPR"), agency("dishub", "Dishub"), agency("damkar", "Damkar"),
            agency("dinsos", "Dinsos"), agency("kominfo", "Kominfo", .triage),
        ],
        categories: [
            category("sampah", "Sampah"),
            category(
                "lampu_rambu", "Lampu & rambu",
                subtypes: [("lampu_jalan", "Lampu jalan"), ("lampu_lalin", "Lampu lalu lintas")]),
            category("orang_hilang", "Orang hilang", sensitive: true, urgent: true),
            category("kebakaran", "Kebakaran", urgent: true),
            category("iklan_liar", "Iklan liar"),
        ],
        rules: [
            RoutingRule(code: "sampah_alak", category: "sampah", areas: ["53.71.01.1008"], agency: "pupr"),
            RoutingRule(code: "sampah", category: "sampah", agency: "dlhk"),
            RoutingRule(code: "lampu_jalan", category: "lampu_rambu", subtype: "lampu_jalan", agency: "pupr"),
            RoutingRule(
                code: "lampu_malam", category: "lampu_rambu", subtype: "lampu_lalin",
                hours: HoursOfDay(from: 22 * 60, until: 5 * 60), agency: "pupr", priority: .high),
            RoutingRule(code: "lampu_lalin", category: "lampu_rambu", subtype: "lampu_lalin", agency: "dishub"),
            RoutingRule(
                code: "kebakaran", category: "kebakaran", agency: "damkar",
                why: "Api selalu ke Damkar (aturan kebakaran)."),
            RoutingRule(code: "orang_hilang", category: "orang_hilang", agency: "dinsos"),
        ],
        levels: [
            ServiceLevel(acknowledgeSeconds: 4 * 3_600, resolveSeconds: 72 * 3_600),
            ServiceLevel(category: "sampah", acknowledgeSeconds: 4 * 3_600, resolveSeconds: 24 * 3_600),
            ServiceLevel(category: "lampu_rambu", acknowledgeSeconds: 14_400, resolveSeconds: 86_400),
            ServiceLevel(
                category: "lampu_rambu", subtype: "lampu_lalin", acknowledgeSeconds: 3_600, resolveSeconds: 7_200),
            ServiceLevel(
                category: "kebakaran", acknowledgeSeconds: 120, arriveSeconds: 900, resolveSeconds: 86_400),
        ],
        areas: [
            area("53.71.01.1008", "Alak", "Alak", -10.193, 123.537),
            area("53.71.03.1010", "Oesapa", "Kelapa Lima", -10.148, 123.653),
            area("53.71.03.1014", "Oesapa Barat", "Kelapa Lima", -10.148, 123.632),
            area("53.71.04.1001", "Oebobo", "Oebobo", -10.169, 123.602),
            area("53.71.04.1010", "Liliba", "Oebobo", -10.169, 123.645),
            area("53.71.06.1002", "Lai Lai Bisi Kopan", "Kota Lama", -10.162, 123.577, ["LLBK"]),
            area("53.71.06.1006", "Merdeka", "Kota Lama", -10.162, 123.586),
        ],
        consents: [
            Consent(version: "1", purpose: LocalizedText(id: "dahulu", en: "once"), retentionDays: 30),
            Consent(version: "2026-1", purpose: LocalizedText(id: "kini", en: "now"), retentionDays: 90),
        ])

    /// 2026-11-24T09:05:00+08:00.
    static let now = Timestamp(rfc3339: "2026-11-24T09:05:00+08:00")!
    static let received = Timestamp(rfc3339: "2026-11-24T09:00:00+08:00")!

    private static func agency(_ code: AgencyCode, _ short: String, _ kind: Agency.Kind = .agency) -> Agency {
        Agency(code: code, name: LocalizedText(id: short, en: short), short: short, kind: kind)
    }

    private static func category(
        _ code: CategoryCode, _ name: String, sensitive: Bool = false, urgent: Bool = false,
        subtypes: [(SubtypeCode, String)] = []
    ) -> Category {
        Category(
            code: code, name: LocalizedText(id: name, en: name), icon: code.rawValue, sensitive: sensitive,
            urgent: urgent, subtypes: subtypes.map { Subtype(code: $0, name: LocalizedText(id: $1, en: $1)) })
    }

    private static func area(
        _ code: AreaCode, _ name: String, _ district: String, _ lat: Double, _ lng: Double, _ spellings: [String] = []
    ) -> Area {
        Area(
            code: code, name: name, spellings: spellings, district: district,
            districtCode: String(code.rawValue.prefix(8)), postcode: "85000", lat: lat, lng: lng)
    }
}
