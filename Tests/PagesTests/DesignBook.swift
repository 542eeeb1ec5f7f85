import Domain
import Foundation

@testable import Pages

/// Every component, put together from the pages' own parts by the templates in `ops/design`.
struct DesignBook: Page {
    enum Part: String, CaseIterable {
        case citizen, staff
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "ops/design")

    let part: Part
    let frame: Frame

    init(_ part: Part) {
        self.part = part
        frame = SamplePages.frame("/", viewer: part == .staff ? SamplePages.officer : nil)
    }

    /// The tokens of the theme, as the stylesheet names them.
    static var tokens: [String] {
        let style = String(decoding: Asset.named("sasando.css").bytes, as: UTF8.self)
        let root = style.prefix { $0 != "}" }
        return root.matches(of: /--([a-z-]+): #/).map { String($0.output.1) }
    }

    /// The names of all icons.
    static var symbols: [String] {
        let sprite = String(decoding: Asset.named("icons.svg").bytes, as: UTF8.self)
        return sprite.matches(of: /<symbol id="([^"]+)"/).map { String($0.output.1) }
    }

    func content(_ wording: Wording) -> PageContent {
        func sample(_ name: String) -> [String: Any] {
            SamplePages.all.first { $0.name == name }?.page.content(wording).values ?? [:]
        }
        switch part {
        case .citizen:
            let values: [String: Any] = [
                "tokens": Self.tokens, "symbols": Self.symbols,
                "statuses": ReportStatus.allCases.map { wording.status($0) },
                "urgent": sample("report-urgent"), "subtype": sample("report-subtype"),
                // Questions of the category stand in the tile already.
                "faulty": sample("report-faults").merging(["asked": false]) { $1 },
                "known": sample("home-known"), "sent": sample("sent"), "malformed": sample("track-malformed"),
                "refused": sample("track-refused"), "tracked": sample("track-held"),
            ]
            return PageContent(
                template: "citizen", title: "Citizens",
                styles: ["controls.css", "citizen.css", "follow.css", "photos.css", "notices.css"],
                scripts: ["where.js"], values: values)
        case .staff:
            let values: [String: Any] = [
                "filtered": sample("desk-filtered"), "desk": sample("desk"), "report": sample("desk-report-fault"),
                "dashboard": sample("dashboard"), "judged": sample("moderation-report-done"),
            ]
            return PageContent(
                template: "staff", title: "Staff",
                styles: ["controls.css", "staff.css", "desk.css", "dashboard.css", "operator.css"],
                scripts: ["commands.js", "copy.js"],
                wide: true, values: values)
        }
    }

    /// Throws where a template in `ops/design` cannot be read.
    func written(in language: Language) throws -> String {
        let text = try Data(contentsOf: Self.folder.appending(path: "\(part.rawValue).mustache"))
        let wording = Wording(language: language, offset: 28_800, zone: "WITA", now: SamplePages.now)
        let content = content(wording)
        return try Templates.render(
            text: Array(text), frame.values(wording, content).merging(content.values) { _, own in own })
    }
}

/// The book as files, for a browser: each theme by itself, whatever the reader's system prefers.
struct DesignFiles {
    enum Theme: String, CaseIterable {
        case light, dark
    }

    let folder: URL

    func write() throws {
        for theme in Theme.allCases {
            let own = folder.appending(path: theme.rawValue)
            try FileManager.default.createDirectory(
                at: own.appending(path: "assets"), withIntermediateDirectories: true)
            for asset in Asset.all {
                let bytes = asset.name.hasSuffix(".css") ? Self.fixed(asset.bytes, to: theme) : asset.bytes
                try Data(bytes).write(to: URL(filePath: own.path + asset.path))
            }
            for language in Language.allCases {
                for (name, html) in try Self.pages(in: language) {
                    let moved = html.replacing("\"/assets/", with: "\"/\(theme.rawValue)/assets/")
                    try Data(moved.utf8).write(to: own.appending(path: "\(name).\(language.rawValue).html"))
                }
            }
        }
        try Data(contentsOf: DesignBook.folder.appending(path: "design.css"))
            .write(to: folder.appending(path: "design.css"))
        try writeAreas()
        try Data(Self.index.utf8).write(to: folder.appending(path: "index.html"))
    }

    private static func pages(in language: Language) throws -> [(name: String, html: String)] {
        try DesignBook.Part.allCases.map { ($0.rawValue, try DesignBook($0).written(in: language)) }
            + SamplePages.all.filter { !$0.name.hasPrefix("x-") }.map { ($0.name, $0.page.render(language: language)) }
    }

    /// The style as a reader of that theme has it.
    private static func fixed(_ style: [UInt8], to theme: Theme) -> [UInt8] {
        let text = String(decoding: style, as: UTF8.self)
        let query = theme == .dark ? "@media all" : "@media not all"
        return Array(
            text.replacing("@media (prefers-color-scheme: dark)", with: query)
                .replacing("color-scheme: light dark", with: "color-scheme: \(theme.rawValue)").utf8)
    }

    /// Squares about the areas' centres, where the pages' maps look for areas.
    private func writeAreas() throws {
        let half = 0.004
        let features = SampleCity.kupang.areas.map { area in
            let (west, east) = (area.lng - half, area.lng + half)
            let (south, north) = (area.lat - half, area.lat + half)
            return """
                {"type":"Feature","properties":{"code":"\(area.code)","name":"\(area.name)"},"geometry":{"type":"Polygon",\
                "coordinates":[[[\(west),\(south)],[\(east),\(south)],[\(east),\(north)],[\(west),\(north)],\
                [\(west),\(south)]]]}}
                """
        }
        let file = folder.appending(path: "v1/areas")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("{\"type\":\"FeatureCollection\",\"features\":[\(features.joined(separator: ","))]}".utf8)
            .write(to: file)
    }

    private static var index: String {
        let names = SamplePages.all.map(\.name).filter { !$0.hasPrefix("x-") }
        let rows = names.map { name in
            let links = Theme.allCases.flatMap { theme in
                Language.allCases.map {
                    "<a href=\"/\(theme)/\(name).\($0.rawValue).html\">\(theme) \($0.rawValue)</a>"
                }
            }
            return "<tr><th>\(name)</th><td>\(links.joined(separator: " "))</td></tr>"
        }
        let books = DesignBook.Part.allCases.map { part in
            let frames = Theme.allCases.map { theme in
                "<iframe title=\"\(part) \(theme)\" src=\"/\(theme)/\(part).id.html\"></iframe>"
            }
            return "<h2>\(part)</h2><div class=\"pair\">\(frames.joined())</div>"
        }
        return """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Sasando: one look</title>
            <style>body{font:16px/1.5 system-ui;margin:24px}.pair{display:flex;gap:16px}iframe{flex:1;min-width:360px;height:80vh}
            td a{margin-right:12px}th{text-align:left;padding-right:24px}</style>
            <h1>Sasando: one look</h1>\(books.joined())<h2>Every page</h2><table>\(rows.joined())</table></html>
            """
    }
}
