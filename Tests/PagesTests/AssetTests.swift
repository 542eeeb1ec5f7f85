import Domain
import Foundation
import Testing

@testable import Pages

/// The module's folder in this checkout.
private let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Shared/Pages")

@Suite("The embedded files")
struct AssetTests {
    private func names(in folder: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: sources.appending(path: folder).path))
    }

    @Test("are all listed, and nothing else is")
    func listed() throws {
        #expect(try names(in: "Assets") == Set(AssetFiles.files.map(\.name)))
        #expect(try names(in: "Templates") == Set(Templates.files.map { "\($0.name).mustache" }))
        #expect(try names(in: "Texts") == ["id.json", "en.json"])
        #expect(Asset.all.count == AssetFiles.files.count)
    }

    @Test("are what the folder holds")
    func content() throws {
        for file in AssetFiles.files {
            let onDisk = try Data(contentsOf: sources.appending(path: "Assets/\(file.name)"))
            #expect(Data(file.bytes) == onDisk, "\(file.name)")
        }
    }

    @Test("travel without comments and indentation, which change nothing else")
    func slim() {
        let script =
            "// What it does.\nimport { a } from \"./a.js\"; // stays\n\n/**\n * Of b.\n */\nconst b = [\n  a,\n];\n"
        let slim = String(decoding: SlimText.slim(Array(script.utf8), of: "x.js"), as: UTF8.self)
        #expect(slim == "import { a } from \"./a.js\"; // stays\nconst b = [\na,\n];\n")
        let style = "/* of all */\n.a {\n    color: red;\n}\n"
        #expect(SlimText.slim(Array(style.utf8), of: "x.css") == Array(".a {\ncolor: red;\n}\n".utf8))
        #expect(SlimText.slim([32, 10], of: "x.svg") == [32, 10])
        // A text that goes on over a line's end would lose its indentation; a comment after code would hide its end.
        for file in AssetFiles.files where SlimText.isMeant(file.name) {
            for line in String(decoding: file.bytes, as: UTF8.self).split(separator: "\n") {
                #expect(line.count { $0 == "`" } % 2 == 0 && !line.hasSuffix("\\"), "\(file.name): \(line)")
                if let begin = line.firstRange(of: "/*") {
                    #expect(line[..<begin.lowerBound].allSatisfy { $0 == " " }, "\(file.name): \(line)")
                    #expect(!line.contains("*/") || line.hasSuffix("*/"), "\(file.name): \(line)")
                }
            }
        }
    }

    @Test("are found by hashed path for a year, and by any other hash for now")
    func lookup() throws {
        let asset = Asset.named("sasando.css")
        let match = try #require(Asset.find(path: asset.path))
        #expect(match.asset.bytes == asset.bytes)
        #expect(match.cacheControl == "public, max-age=31536000, immutable")
        #expect(asset.contentType == "text/css; charset=utf-8")
        #expect(asset.entityTag == "\"\(asset.hash)\"")
        let old = try #require(Asset.find(path: "/assets/sasando.0000000000000000.css"))
        #expect(old.cacheControl == "no-cache")
        #expect(Asset.find(path: "/assets/sasando.css")?.asset.hash == asset.hash)
        for path in ["/assets/", "/assets/nothing.css", "/assets/../sasando.css", "/sasando.css", "/assets/a.b.c.css"] {
            #expect(Asset.find(path: path) == nil, "\(path)")
        }
    }

    @Test("import each other by hashed paths that exist")
    func imports() throws {
        for asset in Asset.all where asset.name.hasSuffix(".js") {
            let source = String(decoding: asset.bytes, as: UTF8.self)
            for name in source.matches(of: /"\.\/([^"]+)"/).map(\.output.1) {
                let match = try #require(Asset.find(path: "/assets/\(name)"), "\(asset.name) imports \(name)")
                #expect(match.cacheControl.contains("immutable"), "\(asset.name) imports \(name)")
            }
        }
    }

    @Test("are asked for at once by the pages that run them, with all that they import")
    func modules() throws {
        #expect(Asset.named("report.js").imports.contains(Asset.named("keep.js").path), "by way of the outbox")
        #expect(!Asset.named("place.js").imports.contains(Asset.named("pin.js").path), "the map comes later")
        let html = ReportForm(frame: SamplePages.frame("/lapor"), idempotencyKey: "").render(language: .indonesian)
        for path in Asset.named("report.js").imports {
            #expect(html.contains("<link rel=\"modulepreload\" href=\"\(path)\">"), "\(path)")
        }
    }

    @Test("are small: the citizen's first page, with all modules that it loads, before compression")
    func budget() {
        let html = CitizenHome(frame: SamplePages.frame("/")).render(language: .indonesian)
        let loaded = Asset.all.filter { html.contains($0.path) }.map(\.bytes.count).reduce(0, +)
        #expect(html.utf8.count + loaded < 60_000, "\(html.utf8.count) and \(loaded) bytes")
    }

    @Test("draw every icon that a page or a script names")
    func icons() throws {
        let sprite = String(decoding: Asset.named("icons.svg").bytes, as: UTF8.self)
        let drawn = Set(sprite.matches(of: /<symbol id="([^"]+)"/).map { String($0.output.1) })
        let marker = Asset.named("icons.svg").path + "#"
        for (name, page) in SamplePages.all where !name.hasPrefix("x-") {
            let html = page.render(language: .indonesian)
            for icon in html.split(separator: marker).dropFirst().map({ String($0.prefix { $0 != "\"" }) }) {
                #expect(drawn.contains(icon), "\(name): \(icon)")
            }
        }
        for category in SampleCity.kupang.categories {
            #expect(drawn.contains("cat-\(category.code.rawValue)"))
        }
    }
}

@Suite("The texts")
struct TextsTests {
    private let indonesian = Texts.indonesian.groups
    private let english = Texts.english.groups

    private func keys(_ groups: [String: [String: String]]) -> Set<String> {
        Set(groups.flatMap { group, texts in texts.keys.map { "\(group).\($0)" } })
    }

    @Test("have the same keys in both languages, none empty, with the same places")
    func same() {
        #expect(keys(indonesian) == keys(english))
        for (group, texts) in indonesian {
            for (key, text) in texts {
                let other = english[group]?[key] ?? ""
                #expect(!text.isEmpty && !other.isEmpty, "\(group).\(key)")
                let places = Set(text.matches(of: /\{\w+\}/).map(\.output))
                #expect(places == Set(other.matches(of: /\{\w+\}/).map(\.output)), "\(group).\(key)")
            }
        }
    }

    @Test("have every key that a template asks for")
    func asked() {
        let known = keys(indonesian)
        for file in Templates.files {
            let template = String(decoding: file.bytes, as: UTF8.self)
            for key in template.matches(of: /[{#^\/]t\.(\w+\.\w+)/).map({ String($0.output.1) }) {
                #expect(known.contains(key), "\(file.name): \(key)")
            }
        }
    }

    @Test("name every status, command and event of the domain")
    func named() {
        for status in ReportStatus.allCases {
            #expect(indonesian["status"]?[status.rawValue] != nil, "\(status)")
            #expect(indonesian["status_means"]?[status.rawValue] != nil, "\(status)")
        }
        for command in Command.agency {
            #expect(indonesian["command"]?[command.rawValue] != nil, "\(command)")
            #expect(indonesian["command"]?["done_\(command.rawValue)"] != nil, "\(command)")
        }
        for event in EventType.allCases { #expect(indonesian["event"]?[event.rawValue] != nil, "\(event)") }
        for reason in CommandRequest.RejectReason.allCases {
            #expect(indonesian["reason"]?[reason.rawValue] != nil, "\(reason)")
            #expect(indonesian["because"]?[reason.rawValue] != nil, "\(reason)")
        }
    }
}
