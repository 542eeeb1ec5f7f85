import Domain
import Foundation
import Testing

@testable import Pages

@Suite("The app")
struct AppShellTests {
    private var worker: String { String(decoding: AppShell.worker.bytes, as: UTF8.self) }

    @Test("Its worker is one classic script, in which no two modules give a name to different things")
    func oneScript() {
        #expect(worker.hasPrefix("const SHELL = {\"version\":\"\(AppShell.version)\""))
        let lines = worker.split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix("import ") || $0.hasPrefix("export ") })
        let written = AppShell.workerSource.split(separator: "\n")
        let names = written.compactMap { $0.firstMatch(of: /^(?:async )?(?:const|let|function|class) (\w+)/)?.output.1 }
        #expect(names.contains("attempt") && names.contains("freshPage"))
        #expect(Set(names).count == names.count, "\(names.sorted())")
        // An open form keeps the worker that it began with.
        #expect(!worker.contains("skipWaiting()"))
        #expect(AppShell.worker.contentType == "text/javascript; charset=utf-8")
    }

    @Test("It keeps what home and the form load at once, under addresses that never change, and no more")
    func assets() throws {
        let names = try AppShell.assets.map { path -> String in
            let match = try #require(Asset.find(path: path))
            #expect(match.cacheControl.contains("immutable"), "\(path)")
            return match.asset.name
        }
        #expect(Set(names).isSuperset(of: ["sasando.css", "app.css", "icons.svg", "report.js", "keep.js", "mine.js"]))
        #expect(Set(names).isDisjoint(with: ["pin.js", "map.js", "desk.js", "staff.css", "worker.js"]))
    }

    @Test("Its pages name its version and manifest; staff's pages do not", arguments: Language.allCases)
    func marks(language: Language) {
        for (name, page) in SamplePages.all where !name.hasPrefix("x-") {
            let html = page.render(language: language)
            let isApp = html.contains("content=\"\(AppShell.version)\"")
            #expect(isApp == html.contains("href=\"/manifest.webmanifest?lang=\(language.rawValue)\""), "\(name)")
            if html.contains("<body class=\"wide\"") { #expect(!isApp, "\(name)") }
        }
        let home = CitizenHome(frame: SamplePages.frame("/")).render(language: language)
        #expect(home.contains("content=\"\(AppShell.version)\""))
    }

    @Test("Its manifest says how it is shown, with drawings of our own", arguments: Language.allCases)
    func manifest(language: Language) throws {
        let asset = WebManifest.asset(language, city: SampleCity.kupang)
        #expect(asset.contentType == "application/manifest+json")
        let read = try JSONSerialization.jsonObject(with: Data(asset.bytes)) as? [String: Any]
        let manifest = try #require(read)
        #expect((manifest["name"] as? String)?.hasPrefix("Sasando ") == true)
        #expect(manifest["lang"] as? String == language.rawValue)
        for key in ["short_name", "start_url", "display", "theme_color", "background_color", "description"] {
            #expect((manifest[key] as? String)?.isEmpty == false, "\(key)")
        }
        let icons = try #require(manifest["icons"] as? [[String: String]])
        #expect(icons.map { $0["purpose"] } == ["any", "maskable"])
        for icon in icons { #expect(Asset.find(path: icon["src"] ?? "")?.asset.contentType == "image/svg+xml") }
    }
}
