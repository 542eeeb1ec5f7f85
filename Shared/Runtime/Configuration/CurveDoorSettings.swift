internal import ZeroMQ

/// Where programs come in over ZeroMQ, and the key that they know the door by.
package struct CurveDoorSettings: Sendable {
    /// Names the address, for whom it is at fault.
    let bindName: String
    /// Such as `tcp://127.0.0.1:5671`.
    let endpoint: String
    let key: CurveSecretKey

    /// Nil where there is no key: then the door stays shut.
    ///
    /// - Parameters:
    ///   - name: of the settings `SASANDO_…_BIND` and `SASANDO_…_KEY_FILE`.
    ///   - purpose: what is done there, as in "Where reports are taken over ZeroMQ."
    ///   - callers: who come there.
    package init?(
        _ keys: inout ConfigurationKeys, name: String, port: Int, purpose: String, callers: String
    ) {
        bindName = "SASANDO_\(name)_BIND"
        endpoint = keys.string(
            bindName, default: "tcp://127.0.0.1:\(port)", shape: "tcp://address:port",
            "Where \(purpose) over ZeroMQ.")
        if !endpoint.hasPrefix("tcp://") { keys.fault(bindName, "does not begin with tcp://") }
        let secret = keys.optionalSecretKey(
            "SASANDO_\(name)_KEY_FILE", bytes: 32,
            "The CURVE secret key that \(callers) over ZeroMQ know this door by; without it there is no such door.")
        guard let key = secret.flatMap({ CurveSecretKey(bytes: $0.bytes) }) else { return nil }
        self.key = key
    }
}
