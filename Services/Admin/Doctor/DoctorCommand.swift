internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import Media
internal import Storage

/// `sasandoctl doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Looks at the store and the services, and says what to do.",
        discussion: "The exit status is 0 where all is well, and 1 where something is to be done.")

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The folder of photos, where this machine has it (SASANDO_MEDIA).")
    var media: String?

    func run() async throws {
        let folder = media ?? ProcessInfo.processInfo.environment["SASANDO_MEDIA"]
        var checks = try await storeOptions.withPool { pool in
            let store = DoctorStore(pool: pool)
            let version = try await store.migration()
            // Another schema has other tables: what is to be said of it is said by its number alone.
            guard version == Migrations.current else { return [Diagnosis.schema(version)] }
            return Diagnosis.checks(try await store.findings(now: Self.now), now: Self.now)
        }
        checks.append(Diagnosis.photos(folder, folder.flatMap(FolderState.of)))
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

    private static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}
