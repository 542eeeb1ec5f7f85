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
            #expect(html.contains("<html lang=\"\(language.rawValue)\">"), "\(name)")
            #expect(!html.contains("⟦"), "\(name): \(html.firstMatch(of: /⟦.*?⟧/)?.output ?? "")")
            #expect(!html.contains("Optional("), "\(name)")
            guard !name.hasPrefix("x-") else { continue }
            let markup = /<script[^>]*>[^<]*<\/script>|<[^>]*>/
            let unfilled = html.replacing(markup, with: "").firstMatch(of: /\{\w+\}/)?.output
            #expect(unfilled == nil, "\(name)")
        }
    }

    @Test("lets nothing that people wrote become markup", arguments: Language.allCases)
    func escaping(language: Language) {
        let hostile = SamplePages.all.filter { $0.name.hasPrefix("x-") }
        #expect(hostile.count == 25)
        for (name, page) in hostile {
            // A data island is JSON, where a quotation mark is escaped otherwise; another test reads them.
            let html = page.render(language: language).replacing(Self.island, with: "")
            // Byte by byte, as a browser reads: a quotation mark before a combining accent is still one.
            let bytes = Array(html.utf8)
            for text in ["\"\u{301}", "<script>alert", "x='", "&lt;{{t}}"] {
                let cameThrough = bytes.contains(Array(text.utf8))
                #expect(!cameThrough, "\(name): \(text)")
            }
            let isThere = bytes.contains(Array("&quot;\u{301}".utf8))
            #expect(isThere, "\(name): the text is not there at all")
        }
    }

    /// By scalars, since a browser knows no grapheme clusters.
    private static var island: some RegexComponent<(Substring, Substring)> {
        /<script type="application\/json"[^>]*>([^<]*)<\/script>/.matchingSemantics(.unicodeScalar)
    }

    @Test("keeps to the content security policy: no inline script, style or handler", arguments: Language.allCases)
    func policy(language: Language) throws {
        for (name, page) in SamplePages.all where !name.hasPrefix("x-") {
            let html = page.render(language: language)
            for script in html.matches(of: /<script([^>]*)>/).map(\.output.1) {
                #expect(script.contains("src=") || script.contains("application/json"), "\(name): <script\(script)>")
            }
            #expect(!html.contains("<style"), "\(name)")
            #expect(html.firstMatch(of: /<[^>]+\s(style|on[a-z]+)=/) == nil, "\(name)")
            let outside = html.matches(of: /(src|href)="((?:https?:)?\/\/[^"]*)/.ignoresCase()).filter { link in
                link.output.1 != "href" || !Self.linkedOutside.contains { link.output.2.hasPrefix($0) }
            }
            #expect(
                outside.isEmpty || name.hasPrefix("sent") || name == "counter-sent",
                "\(name): \(outside.map(\.output.2))")
        }
    }

    /// Where a link may lead away from Sasando: nothing is loaded from there.
    private static let linkedOutside = ["https://www.google.com/maps/", "https://wa.me/"]

    @Test("has data islands that a browser can read and nothing can close", arguments: Language.allCases)
    func islands(language: Language) throws {
        for (name, page) in SamplePages.all {
            let html = page.render(language: language)
            let islands = html.matches(of: Self.island)
            #expect(!islands.isEmpty, "\(name)")
            for island in islands {
                let data = Data(island.output.1.utf8)
                #expect(throws: Never.self, "\(name)") { try JSONSerialization.jsonObject(with: data) }
            }
        }
    }

    @Test("names every control and gives every id once", arguments: Language.allCases)
    func accessibility(language: Language) {
        for (name, page) in SamplePages.all where !name.hasPrefix("x-") {
            let html = page.render(language: language)
            let ids = html.matches(of: /\sid="([^"]*)"/).map(\.output.1)
            #expect(Set(ids).count == ids.count, "\(name): \(ids.filter { id in ids.filter { $0 == id }.count > 1 })")
            let labelled = Set(html.matches(of: /<label[^>]* for="([^"]*)"/).map(\.output.1))
            for control in html.matches(of: /<(?:input|select|textarea)([^>]*)>/).map(\.output.1)
            where control.contains(" id=") {
                let id = control.firstMatch(of: /\sid="([^"]*)"/)?.output.1 ?? ""
                #expect(labelled.contains(id), "\(name): \(control) has no label")
            }
            #expect(html.matches(of: /<h1[ >]/).count == 1, "\(name)")
            for reference in html.matches(of: /aria-(?:labelledby|describedby|controls)="([^"]*)"/).map(\.output.1) {
                for id in reference.split(separator: " ") {
                    #expect(ids.contains(id), "\(name): nothing has the id \(id)")
                }
            }
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
