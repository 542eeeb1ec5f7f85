internal import Runtime

/// Intake's settings.
struct IntakeConfiguration: ServiceConfiguration {
    var runtime: RuntimeSettings
    /// The secret under which reporters' keys follow from reports' ids.
    var reporterSecret: Secret
    /// The key that seals reporters' identities.
    var identityKey: Secret
    var bounds: AdmissionBounds
    /// Requests a minute that one address may send without a key, and how many at once.
    var citizenRate: Int
    var citizenBurst: Int

    init(_ keys: inout ConfigurationKeys) {
        // A whole city waits here while the store is away for a moment.
        runtime = RuntimeSettings(&keys, httpPort: 8081, httpConnections: 4096)
        reporterSecret = keys.secretKey(
            "SASANDO_REPORTER_SECRET_FILE", bytes: 32, "The secret that reporters' keys are made with.")
        identityKey = keys.secretKey(
            "SASANDO_IDENTITY_KEY_FILE", bytes: 32, "The AES key that reporters' identities are sealed with.")
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
            "What one address may report without a key; of urgent reports ten times as much beside.")
        citizenBurst = keys.int(
            "SASANDO_CITIZEN_BURST", default: 300, in: 1...100_000, unit: "reports",
            "How many reports one address may send at once.")
    }
}
