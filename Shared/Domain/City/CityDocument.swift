internal import FoundationEssentials

extension City {
    /// Reads the JSON document that the store keeps.
    package init(document: some Sequence<UInt8>) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(City.self, from: Data(document))
    }

    /// The JSON document for the store: `snake_case` members in sorted order, so that equal cities give equal bytes.
    package func document() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}
