internal import ArgumentParser
internal import Storage

/// `sasandoctl migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the store's schema and roles up to this version; does nothing where they are.")

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let applied = try await storeOptions.withPool { try await Migrations.apply(with: $0) }
        if output.json {
            try output.print(Report(applied: applied.map { Int($0.number) }, version: Int(Migrations.current)))
        } else {
            for migration in applied { print("applied \(migration.number) \(migration.name)") }
            print("The schema is at version \(Migrations.current).")
        }
    }

    private struct Report: Encodable {
        var applied: [Int]
        var version: Int
    }
}

/// `sasandoctl login set`
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "The services' logins at the store.", subcommands: [Set.self])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Lets a service's role log in with the password in a file.")

        @Argument(help: "The role, such as sasando_intake or sasando_kupang_dlhk.")
        var role: String

        @Option(help: "The file with the password.")
        var passwordFile: String

        @OptionGroup var storeOptions: StoreOptions

        func run() async throws {
            let password = try Secret.text(inFile: passwordFile)
            try await storeOptions.withPool { try await KeyStore(pool: $0).setPassword(password, of: role) }
        }
    }
}
