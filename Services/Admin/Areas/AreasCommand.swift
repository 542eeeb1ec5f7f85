internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import Storage

/// `sasandoctl areas`
struct AreasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "areas", abstract: "A city's areas.", subcommands: [Import.self])

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Replaces the approximate cells by true boundaries; all of them, or none.")

        @Argument(help: "A GeoJSON FeatureCollection with a Polygon or MultiPolygon for every area.")
        var file: String

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw Refusal("cannot read \(file): check that it is there and readable")
            }
            let bytes = Array(data)
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let count = try await storeOptions.withPool { pool in
                let store = CityStore(pool: pool)
                guard let loaded = try await store.city(jurisdiction) else {
                    throw Refusal("no city \(jurisdiction) is loaded: sasandoctl jurisdiction load DIR")
                }
                let boundaries = try Self.boundaries(bytes, city: loaded.city)
                let invalid = try await store.importBoundaries(boundaries, of: jurisdiction)
                guard invalid.isEmpty else {
                    let lines = invalid.map { "\($0.area): \($0.reason)" }
                    throw Refusal("nothing was imported:\n" + lines.joined(separator: "\n"))
                }
                return boundaries.count
            }
            if output.json { try output.print(["imported": count]) } else { print("imported \(count) boundaries") }
        }

        private static func boundaries(_ bytes: [UInt8], city: City) throws -> [(area: AreaCode, geometry: String)] {
            switch BoundaryFile.read(bytes, city: city) {
            case .success(let boundaries):
                return boundaries.sorted { $0.key < $1.key }.map { area, boundary in
                    var writer = JSONWriter(capacity: 4096)
                    boundary.write(to: &writer)
                    return (area, writer.string)
                }
            case .failure(let faults):
                throw Refusal("nothing was imported:\n" + faults.list.map(\.description).joined(separator: "\n"))
            }
        }
    }
}
