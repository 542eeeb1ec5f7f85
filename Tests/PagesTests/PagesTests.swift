import Domain
import Foundation
import Testing

@testable import Pages

@Suite("Every page")
struct PagesTests {
    @Test("is written whole in both languages, without a missing text", arguments: Language.allCases)
    func whole(language: Language) {
        for (name, page) in SamplePages.all {
            let html = page.render(language: language)
            #expect(html.hasPrefix("<!doctype html>"), "\(name)")
            #expect(html.hasSuffix("</html>\n"), "\(name)")
            #expect(!html.contains("⟦"), "\(name): \(html.firstMatch(of: /⟦.*?⟧/)?.output ?? "")")
            #expect(!html.contains("Optional("), "\(name)")
        }
    }

    @Test("writes itself out for a browser to look at")
    func preview() throws {
        guard let folder = ProcessInfo.processInfo.environment["SASANDO_PAGES_OUT"] else { return }
        for language in Language.allCases {
            for (name, page) in SamplePages.all {
                let suffix = language == .indonesian ? "" : ".en"
                try Data(page.bytes(language: language)).write(to: URL(filePath: "\(folder)/\(name)\(suffix).html"))
            }
        }
        try FileManager.default.createDirectory(atPath: "\(folder)/assets", withIntermediateDirectories: true)
        for asset in Asset.all {
            try Data(asset.bytes).write(to: URL(filePath: folder + asset.path))
        }
    }
}
