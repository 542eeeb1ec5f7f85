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
            let trimmed = try await storeOptions.withPool { try await AnalyticsStore(pool: $0).reset(jurisdiction) }
            guard trimmed.isEmpty else {
                throw Refusal(
                    "refused: the beginning of these streams is no longer kept, and its reports would be missing: "
                        + trimmed.joined(separator: ", "))
            }
            print("the figures of \(jurisdiction) are being counted anew")
        }
    }
}
