/// Everything that is true of one city and not of another: its agencies, categories, rules, promises and places.
///
/// The store keeps it as one JSON document. Members that this version does not know are ignored, and members that an
/// older document lacks take their defaults, so that services of two versions can run beside each other.
package struct City: Hashable, Sendable, Codable {
    package var code: JurisdictionCode
    package var name: LocalizedText
    /// The IANA name, such as `Asia/Makassar`.
    package var timezone: String
    /// The zone's fixed distance from UTC, in seconds; cities whose clocks change are not served yet.
    package var utcOffset: Int
    /// How people call the zone, such as `WITA`.
    package var timezoneLabel: String
    /// The host names under which the city is served.
    package var hosts: [String]
    /// What tracking codes begin with, such as `KPG`.
    package var trackingPrefix: String
    package var agencies: [Agency]
    package var categories: [Category]
    /// In order: the first that fits decides.
    package var rules: [RoutingRule]
    package var levels: [ServiceLevel]
    package var areas: [Area]
    package var map: MapTiles
    package var limits: CityLimits
    /// What a person agrees to who says who they are: the last one now, those before it in former times.
    package var consents: [Consent]
    /// The message that WhatsApp has approved for news of a report, with places for its code and its status; nil where
    /// news later than a day after the person's last message is not told there.
    package var whatsappNews: ChatTemplate?

    package init(
        code: JurisdictionCode, name: LocalizedText, timezone: String, utcOffset: Int, timezoneLabel: String = "",
        hosts: [String] = [], trackingPrefix: String, agencies: [Agency], categories: [Category],
        rules: [RoutingRule], levels: [ServiceLevel], areas: [Area], map: MapTiles = MapTiles(),
        limits: CityLimits = CityLimits(), consents: [Consent] = [],
        whatsappNews: ChatTemplate? = nil
    ) {
        self.code = code
        self.name = name
        self.timezone = timezone
        self.utcOffset = utcOffset
        self.timezoneLabel = timezoneLabel
        self.hosts = hosts
        self.trackingPrefix = trackingPrefix
        self.agencies = agencies
        self.categories = categories
        self.rules = rules
        self.levels = levels
        self.areas = areas
        self.map = map
        self.limits = limits
        self.consents = consents
        self.whatsappNews = whatsappNews
    }

    package func agency(_ code: AgencyCode) -> Agency? { agencies.first { $0.code == code } }
    package func category(_ code: CategoryCode) -> Category? { categories.first { $0.code == code } }
    package func area(_ code: AreaCode) -> Area? { areas.first { $0.code == code } }

    /// The agency that sorts what no rule decides; a city that was checked has exactly one.
    package var triageAgency: Agency? { agencies.first { $0.kind == .triage } }
}

/// Where map tiles come from; without a URL the pages show the areas instead.
package struct MapTiles: Hashable, Sendable, Codable {
    /// A template with `{z}`, `{x}` and `{y}`.
    package var url: String?
    package var attribution: String?

    package init(url: String? = nil, attribution: String? = nil) {
        self.url = url
        self.attribution = attribution
    }
}

extension City {
    /// Who may see a report: what is sensitive is private in every public answer, whatever was chosen, and also where
    /// triage found out only later that it is.
    package func visibility(chosen: Visibility, categories: [CategoryCode?]) -> Visibility {
        let isSensitive = categories.contains { $0.flatMap { category($0) }?.sensitive ?? false }
        return isSensitive ? .private : chosen
    }
}

/// Bounds that a city may set for itself.
package struct CityLimits: Hashable, Sendable, Codable {
    /// How far from the nearest centre a point is still served while cells are approximate.
    package var centreMetres: Int
    /// How far outside every boundary a point still belongs to the nearest area.
    package var snapMetres: Int
    /// From which transfer on a report goes to triage instead of to the next agency.
    package var transfersToTriage: Int
    /// How long after `resolve` the agency itself may reopen.
    package var agencyReopenSeconds: Int
    /// How long after `resolve` the reporter may rate and reopen.
    package var reporterReopenSeconds: Int
    /// How long after `resolve` a report closes by itself.
    package var closeSeconds: Int

    package init(
        centreMetres: Int = 5_000, snapMetres: Int = 100, transfersToTriage: Int = 3,
        agencyReopenSeconds: Int = 86_400, reporterReopenSeconds: Int = 30 * 86_400, closeSeconds: Int = 7 * 86_400
    ) {
        self.centreMetres = centreMetres
        self.snapMetres = snapMetres
        self.transfersToTriage = transfersToTriage
        self.agencyReopenSeconds = agencyReopenSeconds
        self.reporterReopenSeconds = reporterReopenSeconds
        self.closeSeconds = closeSeconds
    }
}

// Absent members take their defaults.
extension City {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            code: try values.decode(JurisdictionCode.self, forKey: .code),
            name: try values.decode(LocalizedText.self, forKey: .name),
            timezone: try values.decode(String.self, forKey: .timezone),
            utcOffset: try values.decode(Int.self, forKey: .utcOffset),
            timezoneLabel: try values.decodeIfPresent(String.self, forKey: .timezoneLabel) ?? "",
            hosts: try values.decodeIfPresent([String].self, forKey: .hosts) ?? [],
            trackingPrefix: try values.decode(String.self, forKey: .trackingPrefix),
            agencies: try values.decode([Agency].self, forKey: .agencies),
            categories: try values.decode([Category].self, forKey: .categories),
            rules: try values.decode([RoutingRule].self, forKey: .rules),
            levels: try values.decode([ServiceLevel].self, forKey: .levels),
            areas: try values.decode([Area].self, forKey: .areas),
            map: try values.decodeIfPresent(MapTiles.self, forKey: .map) ?? MapTiles(),
            limits: try values.decodeIfPresent(CityLimits.self, forKey: .limits) ?? CityLimits(),
            consents: try values.decodeIfPresent([Consent].self, forKey: .consents) ?? [],
            whatsappNews: try values.decodeIfPresent(ChatTemplate.self, forKey: .whatsappNews))
    }
}

extension CityLimits {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let usual = CityLimits()
        self.init(
            centreMetres: try values.decodeIfPresent(Int.self, forKey: .centreMetres) ?? usual.centreMetres,
            snapMetres: try values.decodeIfPresent(Int.self, forKey: .snapMetres) ?? usual.snapMetres,
            transfersToTriage: try values.decodeIfPresent(Int.self, forKey: .transfersToTriage)
                ?? usual.transfersToTriage,
            agencyReopenSeconds: try values.decodeIfPresent(Int.self, forKey: .agencyReopenSeconds)
                ?? usual.agencyReopenSeconds,
            reporterReopenSeconds: try values.decodeIfPresent(Int.self, forKey: .reporterReopenSeconds)
                ?? usual.reporterReopenSeconds,
            closeSeconds: try values.decodeIfPresent(Int.self, forKey: .closeSeconds) ?? usual.closeSeconds)
    }
}
