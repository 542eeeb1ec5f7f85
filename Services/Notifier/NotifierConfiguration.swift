internal import Domain
internal import Runtime

/// Every setting of a notifier, with its default and its unit.
struct NotifierConfiguration: ServiceConfiguration {
    let runtime: RuntimeSettings
    let jurisdiction: JurisdictionCode
    /// Whose streams this process, and every replica of it, serves.
    enum Charge: Sendable {
        /// With where its photos are.
        case agency(AgencyCode, MediaSettings)
        /// Of every channel whose integrator asks for its own.
        case channels
    }

    let charge: Charge
    /// Live consumers served at once; one more is told to come back.
    let consumers: Int
    /// The door for consumers over ZeroMQ; nil where there is none.
    let stream: CurveDoorSettings?
    /// What seals the secrets of the agency's endpoints; nil: nothing is pushed.
    let webhookKeys: IdentityKeyring?
    let outbound: OutboundSettings

    init(_ keys: inout ConfigurationKeys) {
        runtime = RuntimeSettings(&keys, httpPort: 8083)
        jurisdiction = keys.code("SASANDO_JURISDICTION", "The city, such as kupang.")
        let servesChannels = keys.flag(
            "SASANDO_CHANNELS", default: false,
            "Whether this process serves the streams of integrators' channels, and no agency.")
        charge =
            if servesChannels {
                .channels
            } else {
                .agency(
                    keys.code("SASANDO_AGENCY", "The agency that this process serves, such as dlhk."),
                    MediaSettings(&keys))
            }
        consumers = keys.int(
            "SASANDO_CONSUMERS", default: 2_000, in: 1...100_000, unit: "connections",
            "Live consumers served at once.")
        stream = CurveDoorSettings(
            &keys, name: "STREAM", port: 5672, purpose: "streams are sent", callers: "consumers")
        webhookKeys = keys.optionalKeys(
            "SASANDO_WEBHOOK_KEY_FILE", "The keys that webhooks' secrets are sealed with; without them none are sent.")
        outbound = OutboundSettings(&keys)
    }
}
