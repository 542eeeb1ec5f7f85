internal import ArgumentParser
internal import Domain
internal import Storage

extension JurisdictionCommand {
    /// `sasandoctl jurisdiction load DIR`
    struct Load: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Loads a city's files into the store, in one transaction; running services pick them up.")

        @Argument(help: "The city's folder, such as ops/jurisdictions/kupang.")
        var folder: String

        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let reading = JurisdictionFiles.read(folder: folder)
            guard let city = reading.city else {
                print(output.json ? reading.json : reading.text(folder: folder))
                throw ExitCode(1)
            }
            let (version, isNew) = try await storeOptions.withPool { try await CityStore(pool: $0).load(city) }
            if output.json {
                try output.print(Loaded(jurisdiction: city.code.rawValue, version: version, isNew: isNew))
            } else {
                print("\(city.name.en) is loaded, version \(version)\(isNew ? "" : ", as it was").")
            }
        }

        private struct Loaded: Encodable {
            var jurisdiction: String
            var version: Int64
            var isNew: Bool
        }
    }
}
