internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import Storage

/// Seals a reporter's identity: AES-GCM under intake's key, bound to the report it belongs to.
struct IdentitySeal: Sendable {
    private let key: SymmetricKey

    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// nil for an anonymous report.
    func seal(_ reporter: ReportDraft.Reporter?, of report: UUID) throws -> SealedIdentity? {
        guard let reporter, !reporter.isEmpty, let version = reporter.consentVersion, let at = reporter.consentAt else {
            return nil
        }
        var writer = JSONWriter()
        writer.object {
            $0.member("name", reporter.name)
            $0.member("phone", reporter.phone)
            $0.member("email", reporter.email)
        }
        let box = try AES.GCM.seal(writer.bytes, using: key, authenticating: Array(report.text.utf8))
        // A nonce of the default size always has a combined form: nonce, ciphertext, tag.
        return SealedIdentity(sealed: Array(box.combined!), consentVersion: version, consentAt: at)
    }
}
