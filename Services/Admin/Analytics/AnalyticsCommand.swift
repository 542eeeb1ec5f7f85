internal import ArgumentParser
internal import Domain
internal import Storage

/// `sasandoctl analytics`
struct AnalyticsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analytics", abstract: "The figures.", subcommands: [Rebuild.self])

    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rebuild",
            abstract: "Empties the figures and lets analytics count them anew from the streams.")

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            try await storeOptions.withPool { try await AnalyticsStore(pool: $0).reset(jurisdiction) }
            print("the figures of \(jurisdiction) are being counted anew")
        }
    }
}
