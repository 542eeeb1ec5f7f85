import Domain
import Foundation
import TestSupport
import Testing

@testable import Admin

/// How `sasandoctl import` calls a front door.
@Suite("An import's front door")
struct ImportDoorTests {
    @Test("an attempt may take as long as the front door lets an upload take")
    func patience() throws {
        let file = Repository.root.appending(path: "ops/frontdoor/reaching.caddy")
        let text = try String(contentsOf: file, encoding: .utf8)
        let uploading = try #require(text.split(separator: "(uploading)").last)
        let hours = try #require(try #/response_header_timeout (\d+)h/#.firstMatch(in: uploading))
        #expect(ImportDoor.timeout == .seconds(3_600 * (try #require(Int(hours.1)))))
        // So a piece passes under a rate of three records a minute.
        #expect(ImportDoor.timeout > .seconds(BulkPieces.mostRecords * 60 / 3))
    }

    @Test(
        "without a word it goes to the city's own front door, else to this machine's",
        arguments: [
            (nil, nil, "http://127.0.0.1:8080"), (nil, "", "http://127.0.0.1:8080"),
            (nil, "https://lapor.example.id", "https://lapor.example.id"),
            ("https://uji.example.id", "https://lapor.example.id", "https://uji.example.id"),
        ] as [(String?, String?, String)])
    func address(given: String?, publicURL: String?, expected: String) {
        #expect(ImportCommand.address(given, in: publicURL.map { ["SASANDO_PUBLIC_URL": $0] } ?? [:]) == expected)
    }
}
