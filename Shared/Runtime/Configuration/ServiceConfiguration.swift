/// A service's settings: each service lists its keys in the initialiser.
package protocol ServiceConfiguration: Sendable {
    /// What every service has.
    var runtime: RuntimeSettings { get }

    /// Reads all keys; faults gather in `keys`.
    init(_ keys: inout ConfigurationKeys)
}

extension ServiceConfiguration {
    /// The settings, or every fault in them at once.
    package static func read(_ keys: inout ConfigurationKeys) throws(ConfigurationError) -> Self {
        let settings = Self(&keys)
        try keys.check()
        return settings
    }
}
