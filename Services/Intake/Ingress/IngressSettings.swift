internal import Runtime
internal import ZeroMQ

/// Where programs send reports over ZeroMQ, and the key that they know the door by.
struct IngressSettings: Sendable {
    /// Such as `tcp://127.0.0.1:5671`.
    let endpoint: String
    let key: CurveSecretKey

    /// Nil where there is no key: then the door stays shut.
    init?(_ keys: inout ConfigurationKeys) {
        let name = "SASANDO_INGRESS_BIND"
        endpoint = keys.string(
            name, default: "tcp://127.0.0.1:5671", shape: "tcp://address:port",
            "Where reports are taken over ZeroMQ.")
        if !endpoint.hasPrefix("tcp://") { keys.fault(name, "does not begin with tcp://") }
        let secret = keys.optionalSecretKey(
            "SASANDO_INGRESS_KEY_FILE", bytes: 32,
            "The CURVE secret key that senders over ZeroMQ know this door by; without it there is no such door.")
        guard let key = secret.flatMap({ CurveSecretKey(bytes: $0.bytes) }) else { return nil }
        self.key = key
    }
}
