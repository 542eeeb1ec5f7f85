internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import Storage

/// `sasandoctl doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Looks at the store and the services, and says what to do.")

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let findings = try await storeOptions.withPool { try await DoctorStore(pool: $0).findings() }
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        let checks = Diagnosis.checks(findings, now: now)
        if output.json {
            try output.print(checks)
        } else {
            for check in checks {
                print("\(check.isWell ? "ok  " : "BAD ") \(check.name): \(check.finding)")
                if let advice = check.advice { print("     \(advice)") }
            }
        }
        if checks.contains(where: { !$0.isWell }) { throw ExitCode(1) }
    }
}

/// What the doctor makes of the findings.
enum Diagnosis {
    struct Check: Encodable, Equatable {
        var name: String
        var isWell: Bool
        var finding: String
        /// What to do; nil where all is well.
        var advice: String?

        init(_ name: String, _ isWell: Bool, _ finding: String, else advice: String) {
            self.name = name
            self.isWell = isWell
            self.finding = finding
            self.advice = isWell ? nil : advice
        }
    }

    static func checks(_ found: DoctorStore.Findings, now: Timestamp) -> [Check] {
        [
            Check(
                "schema", found.migration == Migrations.current,
                "version \(found.migration), needed \(Migrations.current)", else: "run sasandoctl migrate"),
            Check(
                "PostgreSQL", (Int(found.serverVersion.prefix { $0.isNumber }) ?? 0) >= 15, found.serverVersion,
                else: "PostgreSQL 15 or newer is needed"),
            Check(
                "PostGIS", found.postgisVersion != nil, found.postgisVersion ?? "missing",
                else: "install PostGIS 3 and run sasandoctl migrate"),
            Check(
                "durability", found.synchronousCommit == "on" && found.fsync == "on",
                "synchronous_commit \(found.synchronousCommit), fsync \(found.fsync)",
                else: "set both to on: without them an acknowledged report can be lost"),
            Check(
                "clocks", abs(found.clock.microseconds - now.microseconds) < 2_000_000,
                "\(abs(found.clock.microseconds - now.microseconds) / 1000) ms apart",
                else: "set this machine's and the store's clocks by NTP"),
            Check(
                "connections", found.connections * 10 < found.maximumConnections * 9,
                "\(found.connections) of \(found.maximumConnections)",
                else: "raise max_connections or lower SASANDO_STORE_CONNECTIONS"),
            Check(
                "inbox", (found.oldestInboxSeconds ?? 0) < 10,
                "\(found.inboxDepth) waiting, oldest \(Int(found.oldestInboxSeconds ?? 0)) s",
                else: "routing is down or too slow: look at its log, or start another sasando-routing"),
            Check(
                "timers", found.overdueDeadlines == 0, "\(found.overdueDeadlines) late by more than 10 s",
                else: "routing runs the timers: look at its log"),
            Check(
                "transactions", (found.oldestTransactionSeconds ?? 0) < 5,
                "oldest idle one \(Int(found.oldestTransactionSeconds ?? 0)) s",
                else: "someone left a transaction open: find it in pg_stat_activity and end it"),
        ] + peers(found)
    }

    private static func peers(_ found: DoctorStore.Findings) -> [Check] {
        ["intake", "routing", "notifier", "analytics"].map { service in
            let n = found.peers.first { $0.service == service }?.n ?? 0
            return Check(service, n > 0, "\(n) running", else: "start sasando-\(service)")
        }
    }
}
