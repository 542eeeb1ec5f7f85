internal import Domain
internal import Runtime

/// Every setting of a notifier, with its default and its unit.
struct NotifierConfiguration: ServiceConfiguration {
    let runtime: RuntimeSettings
    let jurisdiction: JurisdictionCode
    /// The agency that this process, and every replica of it, serves.
    let agency: AgencyCode
    /// Live consumers served at once; one more is told to come back.
    let consumers: Int
    let media: MediaSettings
    /// The door for consumers over ZeroMQ; nil where there is none.
    let stream: CurveDoorSettings?
    /// What seals the secrets of the agency's endpoints; nil: nothing is pushed.
    let webhookKeys: IdentityKeyring?
    let outbound: OutboundSettings

    init(_ keys: inout ConfigurationKeys) {
        runtime = RuntimeSettings(&keys, httpPort: 8083)
        jurisdiction = keys.code("SASANDO_JURISDICTION", "The city, such as kupang.")
        agency = keys.code("SASANDO_AGENCY", "The agency that this process serves, such as dlhk.")
        consumers = keys.int(
            "SASANDO_CONSUMERS", default: 2_000, in: 1...100_000, unit: "connections",
            "Live consumers served at once.")
        media = MediaSettings(&keys)
        stream = CurveDoorSettings(
            &keys, name: "STREAM", port: 5672, purpose: "the agency's stream is sent", callers: "consumers")
        webhookKeys = keys.optionalKeys(
            "SASANDO_WEBHOOK_KEY_FILE", "The keys that webhooks' secrets are sealed with; without them none are sent.")
        outbound = OutboundSettings(&keys)
    }
}
