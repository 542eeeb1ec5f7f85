import Domain
import Foundation
import Testing

@testable import Pages

@Suite("The book of components")
struct DesignTests {
    @Test("is put together from the pages' parts without a missing text", arguments: Language.allCases)
    func whole(language: Language) throws {
        for part in DesignBook.Part.allCases {
            let html = try DesignBook(part).written(in: language)
            #expect(html.hasPrefix("<!doctype html>") && html.hasSuffix("</html>\n"), "\(part)")
            #expect(!html.contains("⟦") && !html.contains("Optional("), "\(part)")
            let ids = html.matches(of: /\sid="([^"]*)"/).map(\.output.1)
            #expect(Set(ids).count == ids.count, "\(part): \(ids.sorted())")
        }
    }

    @Test("shows the parts filled, not as they are without anything to show")
    func filled() throws {
        let citizen = try DesignBook(.citizen).written(in: .indonesian)
        #expect(citizen.matches(of: /<ol class="history">\s*<li>/).count == 1)
        #expect(citizen.contains("class=\"rate\"") && citizen.contains("href=\"tel:113\""))
        let staff = try DesignBook(.staff).written(in: .indonesian)
        #expect(staff.matches(of: /<li class="card/).count > 8)
        #expect(staff.contains("href=\"geo:") && staff.contains("data-command=\"reject\""))
    }

    @Test("shows every icon, every status and every colour")
    func complete() throws {
        let html = try DesignBook(.citizen).written(in: .indonesian)
        for symbol in DesignBook.symbols { #expect(html.contains("#\(symbol)\"/></svg> \(symbol)"), "\(symbol)") }
        for status in ReportStatus.allCases {
            let word = try #require(Texts.indonesian.find("status.\(status.rawValue)"))
            #expect(html.contains("</svg> \(word)</span>"), "\(status)")
        }
        let style = try String(contentsOf: DesignBook.folder.appending(path: "design.css"), encoding: .utf8)
        #expect(DesignBook.tokens.count > 10)
        for token in DesignBook.tokens {
            #expect(html.contains("token-\(token)\""), "\(token)")
            #expect(style.contains(".token-\(token) { background: var(--\(token)); }"), "\(token)")
        }
    }

    @Test("uses every part that pages share")
    func parts() throws {
        var used = try DesignBook.Part.allCases.map {
            try String(contentsOf: DesignBook.folder.appending(path: "\($0).mustache"), encoding: .utf8)
        }.joined()
        let templates = Templates.files.map { (name: $0.name, text: String(decoding: $0.bytes, as: UTF8.self)) }
        let parts = templates.filter { !$0.text.hasPrefix("{{<layout}}") && !["layout", "feed"].contains($0.name) }
        // Parts of one page alone that make it up as a whole: there that page itself is looked at.
        var missing = parts.filter { !["mine", "performance_sensitive"].contains($0.name) }
        // A part is shown with the part that it belongs to.
        while let shown = missing.firstIndex(where: { used.contains("{{>\($0.name)}}") }) {
            used += missing.remove(at: shown).text
        }
        #expect(missing.map(\.name) == [])
    }

    @Test("is written out for a browser, in both themes")
    func write() throws {
        let chosen = ProcessInfo.processInfo.environment["SASANDO_DESIGN_OUT"]
        let folder =
            chosen.map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory.appending(path: "design-\(UUID().uuidString)")
        defer { if chosen == nil { try? FileManager.default.removeItem(at: folder) } }
        try DesignFiles(folder: folder).write()
        let light = Asset.named("sasando.css").path
        let style = try String(contentsOf: URL(filePath: folder.path + "/dark" + light), encoding: .utf8)
        #expect(style.contains("color-scheme: dark;") && !style.contains("prefers-color-scheme"))
        let page = try String(contentsOf: folder.appending(path: "dark/desk.en.html"), encoding: .utf8)
        #expect(page.contains("href=\"/dark\(light)\"") && !page.contains("\"/assets/"))
    }
}
