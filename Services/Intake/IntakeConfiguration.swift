internal import Domain
internal import FoundationEssentials
internal import Runtime

/// Intake's settings.
struct IntakeConfiguration: ServiceConfiguration {
    var runtime: RuntimeSettings
    /// The secret under which reporters' keys follow from reports' ids.
    var reporterSecret: Secret
    /// The keys that seal reporters' identities.
    var identityKeys: IdentityKeyring
    /// What browsers' push services know us by; nil where nobody is told of news.
    var pushIdentity: PushIdentity?
    var outbound: OutboundSettings
    var bounds: AdmissionBounds
    /// Reports a minute from one address without a key, and how many at once, before the form asks for a second step.
    var citizenRate: Int
    var citizenBurst: Int
    /// The same of one device.
    var deviceRate: Int
    var deviceBurst: Int
    var media: MediaSettings
    /// The door for reports over ZeroMQ; nil where there is none.
    var ingress: CurveDoorSettings?
    /// Chats in which people report.
    var channels: ChannelSettings
    /// Where the answers of large uploads wait until they are sent.
    var temporaryFolder: String

    init(_ keys: inout ConfigurationKeys) {
        // A whole city waits here while the store is away for a moment.
        runtime = RuntimeSettings(&keys, httpPort: 8081, httpConnections: 4096)
        reporterSecret = keys.secretKey(
            "SASANDO_REPORTER_SECRET_FILE", bytes: 32, "The secret that reporters' keys are made with.")
        identityKeys = keys.identityKeys(
            "SASANDO_IDENTITY_KEY_FILE", "The AES keys that reporters' identities are sealed with, the newest last.")
        outbound = OutboundSettings(&keys)
        let pushKey = keys.optionalSecretKey(
            "SASANDO_PUSH_KEY_FILE", bytes: 32,
            "The private key, on P-256, that notifications are signed with; without it none are sent.")
        let contact = runtime.http.publicURL ?? "http://localhost"
        pushIdentity = pushKey.flatMap { PushIdentity(key: $0.bytes, contact: contact) }
        if pushKey != nil, pushIdentity == nil {
            keys.fault(
                "SASANDO_PUSH_KEY_FILE", "holds no private key of P-256: write another with openssl rand -hex 32")
        }
        bounds = AdmissionBounds(
            maximumWaiting: keys.int(
                "SASANDO_MAX_WAITING", default: 10_000, in: 1...1_000_000, unit: "requests",
                "Reports that may wait for their batch; beyond it: 503."),
            maximumWaitingBytes: keys.int(
                "SASANDO_MAX_WAITING_BYTES", default: 64 << 20, in: 1 << 16...1 << 30, unit: "bytes",
                "Memory of the reports that wait for their batch; beyond it: 503."),
            maximumInbox: keys.int(
                "SASANDO_MAX_INBOX", default: 1_000_000, in: 1...100_000_000, unit: "reports",
                "Reports of one city that may wait for routing; beyond it: 503."))
        citizenRate = keys.int(
            "SASANDO_CITIZEN_RATE", default: 60, in: 1...100_000, unit: "reports a minute",
            "What one address may report without a key before it has to wait or confirm; what is urgent always passes.")
        citizenBurst = keys.int(
            "SASANDO_CITIZEN_BURST", default: 300, in: 1...100_000, unit: "reports",
            "How many reports one address may send at once.")
        deviceRate = keys.int(
            "SASANDO_DEVICE_RATE", default: 30, in: 1...100_000, unit: "reports a minute",
            "What one phone may report before it has to wait or confirm.")
        deviceBurst = keys.int(
            "SASANDO_DEVICE_BURST", default: 120, in: 1...100_000, unit: "reports",
            "How many reports one phone may send at once.")
        media = MediaSettings(&keys)
        ingress = CurveDoorSettings(
            &keys, name: "INGRESS", port: 5671, purpose: "reports are taken", callers: "senders")
        channels = ChannelSettings(&keys)
        temporaryFolder = keys.string(
            "SASANDO_TEMPORARY", default: FileManager.default.temporaryDirectory.path, shape: "folder",
            "Where answers to bulk uploads beyond 1 MiB wait until they are sent; they have no name there.")
    }
}
