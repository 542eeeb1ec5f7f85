package import Domain
package import FoundationEssentials
package import Logging
package import Storage
internal import Synchronization
internal import Telemetry

/// The key file of a running service: a key that is added to it is taken up without a restart.
package final class IdentityKeyring: Sendable {
    /// So long after a key was made every intake seals with it.
    package static let interval: Duration = .seconds(5)

    private let path: String?
    private let keys: Mutex<IdentityKeys>

    /// - Parameter path: of the file; nil for keys that never change.
    package init(_ keys: IdentityKeys, path: String? = nil) {
        self.path = path
        self.keys = Mutex(keys)
    }

    /// nil for an anonymous report.
    package func seal(_ report: AdmittedReport, of id: UUID) throws -> SealedIdentity? {
        guard let reporter = report.reporter, !reporter.isEmpty, let ground = report.ground else { return nil }
        return SealedIdentity(
            sealed: try IdentitySeal(current).seal(reporter.person, of: id), consentVersion: ground.version,
            consentAt: ground.at, retentionDays: ground.retentionDays, mayContact: reporter.mayContact)
    }

    /// Opens an identity; one that a newer key has sealed makes it look into the file first.
    package func open(_ sealed: SealedBox, of report: UUID) throws(IdentitySeal.Unreadable) -> Person {
        try IdentitySeal(keys(knowing: sealed.keyID)).open(sealed, of: report)
    }

    /// The keys as they are known; where the one with this number is not among them, as the file has them now.
    func keys(knowing id: Int32) -> IdentityKeys {
        if current[id] == nil { _ = reload() }
        return current
    }

    /// Seals whatever else is personal, bound to what it belongs to.
    package func seal(_ bytes: [UInt8], of owner: [UInt8]) throws -> SealedBox {
        try IdentitySeal(current).seal(bytes, of: owner)
    }

    /// Opens it again; what a newer key has sealed makes it look into the file first.
    package func open(_ sealed: SealedBox, of owner: [UInt8]) throws(IdentitySeal.Unreadable) -> [UInt8] {
        if current[sealed.keyID] == nil { _ = reload() }
        return try IdentitySeal(current).open(sealed, of: owner)
    }

    /// Looks into the file until the task is cancelled.
    package func run(logger: Logger) async {
        var told: String?
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            // The keys that are known go on; what is wrong is said once.
            let fault = reload()
            if let fault, fault != told {
                logger.error("identity keys not read anew", metadata: [LogKey.error: "\(fault)"])
            }
            told = fault
        }
    }

    var current: IdentityKeys { keys.withLock { $0 } }

    /// - Returns: what is wrong with the file.
    private func reload() -> String? {
        guard let path else { return nil }
        switch SecretFile.read(path) {
        case .fault(let fault): return fault
        case .content(let bytes, _):
            do throws(IdentityKeys.Malformed) {
                let read = try IdentityKeys(text: String(decoding: bytes, as: UTF8.self))
                keys.withLock { $0 = read }
                return nil
            } catch {
                return error.description
            }
        }
    }
}

extension ConfigurationKeys {
    /// The keys in the file that `name` points to.
    package mutating func identityKeys(_ name: String, _ help: String) -> IdentityKeyring {
        let standIn = IdentityKeyring(IdentityKeys(key: [UInt8](repeating: 0, count: 32)))
        list(name, Self.keysShape, .required, help)
        guard let path = raw(name) else { return missing(name, standIn) }
        return keyring(name, path: path) ?? standIn
    }

    /// The same, of what may be left out.
    package mutating func optionalKeys(_ name: String, _ help: String) -> IdentityKeyring? {
        list(name, Self.keysShape, .absent, help)
        return raw(name).flatMap { keyring(name, path: $0) }
    }

    private static var keysShape: String {
        "path of a file, mode 600, with a line of a number and 64 hexadecimal digits a key"
    }

    private mutating func keyring(_ name: String, path: String) -> IdentityKeyring? {
        guard let content = secretContent(name, path: path) else { return nil }
        do throws(IdentityKeys.Malformed) {
            return IdentityKeyring(try IdentityKeys(text: content.text), path: path)
        } catch {
            fault(name, "\(path): \(error): make one with openssl rand -hex 32")
            return nil
        }
    }
}
