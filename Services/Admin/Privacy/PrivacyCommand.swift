internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Runtime
internal import Storage

/// `sasandoctl privacy`
struct PrivacyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy", abstract: "Personal data: exported, erased, and sealed under new keys.",
        discussion: """
            Whatever opens an identity is written down with the reason, and the reporter sees it on the report's page.
            What the operator did stands in the table privacy_act.
            """,
        subcommands: [Export.self, Erase.self, Rotate.self, Keys.self, Retire.self])
}

/// Where intake's key file is.
struct KeyFileOptions: ParsableArguments {
    @Option(help: "Intake's key file (default: $SASANDO_IDENTITY_KEY_FILE).")
    var keyFile: String?

    func file() throws -> IdentityKeyFile {
        guard let path = keyFile ?? ProcessInfo.processInfo.environment["SASANDO_IDENTITY_KEY_FILE"], !path.isEmpty
        else { throw ValidationError("no key file: give --key-file or set SASANDO_IDENTITY_KEY_FILE") }
        return IdentityKeyFile(path: path)
    }

    func seal() throws -> IdentitySeal { IdentitySeal(try file().read()) }
}

/// Who does it, and why.
struct ReasonOptions: ParsableArguments {
    @Option(help: "Why, as the reporter will read it.")
    var reason: String

    @Option(help: "Who asks for it (default: the login's name).")
    var by: String?

    var actor: String { by ?? Self.login }

    /// The name of whoever is logged in.
    static var login: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["SUDO_USER"] ?? environment["USER"] ?? "operator"
    }

    func validate() throws {
        if reason.allSatisfy(\.isWhitespace) || reason.count > 500 {
            throw ValidationError("--reason takes 1 to 500 characters")
        }
    }

    var reader: IdentityReader {
        IdentityReader(name: IdentityReader.operatorName, actor: actor, purpose: reason)
    }
}

/// Whose data: of one report, or of all that came with a number or an address.
struct SubjectOptions: ParsableArguments {
    @Option(help: "A report's id or tracking code.")
    var report: String?

    @Option(help: "A phone number, in any spelling.")
    var phone: String?

    @Option(help: "An e-mail address.")
    var email: String?

    func validate() throws {
        if [report, phone, email].compactMap(\.self).count != 1 {
            throw ValidationError("give one of --report, --phone and --email")
        }
    }

    private var trait: Person.Trait? { phone.map(Person.Trait.phone) ?? email.map(Person.Trait.email) }

    /// The reports meant. A search is written down, whatever it finds; what it finds is opened to make sure.
    func reports(
        in jurisdiction: JurisdictionCode, _ keys: KeyFileOptions, _ reason: ReasonOptions, _ pool: PostgresPool
    ) async throws -> [UUID] {
        guard let trait else { return [try await named(in: jurisdiction, pool)] }
        let store = PrivacyStore(pool: pool)
        let hidden = try await store.unsearchable(in: jurisdiction)
        guard hidden == 0 else {
            throw Refusal(
                "\(hidden) identities cannot be searched yet: run sasandoctl privacy rotate --no-new-key first")
        }
        let seal = try keys.seal()
        let found = try await store.reports(withAnyOf: seal.digests(of: trait), in: jurisdiction)
        try await store.record(
            PrivacyAct(.search, actor: reason.actor, purpose: reason.reason), reports: found.count, in: jurisdiction)
        guard found.count < PrivacyStore.searchLimit else {
            throw Refusal("\(found.count) reports and more: give --report for each")
        }
        var reports: [UUID] = []
        for report in found {
            guard let sealed = try await store.identity(of: report, for: reason.reader, in: jurisdiction) else {
                continue
            }
            if try seal.open(sealed, of: report).has(trait) { reports.append(report) }
        }
        guard !reports.isEmpty else { throw Refusal("nobody in \(jurisdiction) gave that number or address") }
        return reports
    }

    private func named(in jurisdiction: JurisdictionCode, _ pool: PostgresPool) async throws -> UUID {
        let (store, name) = (ReportStore(pool: pool), report ?? "")
        let found =
            if let id = UUID(text: name) {
                try await store.report(id: id, in: jurisdiction)
            } else if let code = TrackingCode(parsing: name) {
                try await store.report(trackingCode: code.text, in: jurisdiction)
            } else {
                throw ValidationError("'\(name)' is neither an id nor a tracking code")
            }
        guard let found else { throw Refusal("no report \(name) in \(jurisdiction)") }
        return found.report.id
    }
}
