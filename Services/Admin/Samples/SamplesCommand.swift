internal import ArgumentParser
internal import Domain
internal import Storage
internal import Streams

/// `sasandoctl samples`
struct SamplesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "samples", abstract: "The sample reports of the first start.", subcommands: [Remove.self])

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Deletes the sample reports; desks, tracking and figures go on without them.",
            discussion: """
                The streams stay gapless: the samples' events keep their numbers, redacted, and count nowhere.
                The figures are counted anew from the streams, which takes analytics some seconds.
                """)

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let (removed, _) = try await storeOptions.withPool {
                try await SampleStore(pool: $0).remove(in: jurisdiction)
            }
            if output.json { return try output.print(Report(removed: removed)) }
            print("removed \(removed) sample reports of \(jurisdiction)")
        }

        private struct Report: Encodable {
            var removed: Int
        }
    }
}
