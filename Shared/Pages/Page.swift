package import Domain

/// What every page is told: the city, the moment, where it stands, and who reads it.
package struct Frame: Sendable {
    /// Nil where the city could not be read (an error page still works).
    package var city: City?
    package var now: Timestamp
    /// The request's path and query, for the language links: `/lapor?kategori=sampah`.
    package var path: String
    /// The officer or operator who is signed in.
    package var viewer: Viewer?
    /// What whole addresses are built from, never the Host header; nil where it is not known.
    package var publicURL: String?

    package init(city: City?, now: Timestamp, path: String, viewer: Viewer? = nil, publicURL: String? = nil) {
        self.city = city
        self.now = now
        self.path = path
        self.viewer = viewer
        self.publicURL = publicURL
    }
}

/// Somebody with a token: shown in the header, beside the button that signs out.
package struct Viewer: Sendable {
    package var name: String
    /// Where the header's name leads: `/desk/dlhk` or `/dashboard`.
    package var home: String

    package init(name: String, home: String) {
        self.name = name
        self.home = home
    }
}

/// A page: a plain value that renders itself in a language.
package protocol Page: Sendable {
    var frame: Frame { get }
    func content(_ wording: Wording) -> PageContent
}

/// What a page fills its template with.
package struct PageContent {
    var template: String
    /// The window's title, before " · Sasando".
    var title: String
    /// Styles beside `sasando.css`.
    var styles: [String]
    var scripts: [String] = []
    /// Whether the page is one of those that can be installed, and sends what waits on the phone.
    var isApp: Bool { scripts.contains("app.js") }
    /// Staff pages use the whole width.
    var wide = false
    /// Which entry of the navigation is this page: `report`, `public` or `track`.
    var here = ""
    /// What a link to the page shows beside its title, where it is shared.
    var summary: String?
    /// The path under which the page is known, whatever else an address said; nil for a page that is nobody's to share.
    var canonical: String?
    /// Whether search engines are asked to leave the page out.
    var isUnlisted = false
    var values: [String: Any]
}

extension Page {
    package func render(language: Language) -> String {
        let wording = Wording(
            language: language, offset: frame.city?.utcOffset ?? 0, zone: frame.city?.timezoneLabel ?? "UTC",
            now: frame.now)
        let content = content(wording)
        var values = frame.values(wording, content)
        values.merge(content.values) { _, own in own }
        return Templates.render(content.template, values)
    }

    /// The page in UTF-8.
    package func bytes(language: Language) -> [UInt8] {
        Array(render(language: language).utf8)
    }
}

extension Frame {
    /// What the layout needs, for every page.
    func values(_ wording: Wording, _ content: PageContent) -> [String: Any] {
        var values: [String: Any] = [
            "t": Texts.texts(wording.language).groups,
            "lang": wording.language.rawValue,
            "title": content.title,
            "styles": content.styles.map { Asset.named($0).path },
            "scripts": content.scripts.map { Asset.named($0).path },
            "modules": modules(of: content.scripts),
            "wide": content.wide,
            "asset": Asset.paths,
            "icons": Asset.named("icons.svg").path,
            "offset": String(wording.offset),
            "now": wording.machine(now),
            "citizen": !content.wide && viewer == nil,
            "at_report": content.here == "report",
            "at_public": content.here == "public",
            "at_track": content.here == "track",
            "other_language": [
                "code": wording.language == .indonesian ? "en" : "id",
                "name": wording.language == .indonesian ? "English" : "Indonesia",
                "href": path(inLanguage: wording.language == .indonesian ? .english : .indonesian),
            ],
        ]
        values["summary"] = content.summary
        values["unlisted"] = content.isUnlisted
        values["locale"] = wording.language == .indonesian ? "id_ID" : "en_GB"
        if let publicURL, let path = content.canonical { values["canonical"] = publicURL + path }
        if content.isApp {
            values["app"] = ["version": AppShell.version]
        }
        if let city {
            values["city"] = city.name[wording.language]
        }
        if let viewer {
            values["viewer"] = ["name": viewer.name, "home": viewer.home]
        }
        return values
    }

    /// What the scripts import: asked for at once, instead of one import after the other over a slow line.
    private func modules(of scripts: [String]) -> [String] {
        var paths: [String] = []
        for path in scripts.flatMap({ Asset.named($0).imports }) where !paths.contains(path) { paths.append(path) }
        return paths
    }

    /// This page's path with `lang` set anew.
    private func path(inLanguage language: Language) -> String {
        let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query = parts.count == 2 ? parts[1].split(separator: "&").filter { !$0.hasPrefix("lang=") } : []
        query.append("lang=\(language.rawValue)")
        let path = LocalPath(parts.first.map(String.init))?.text ?? "/"
        return "\(path)?\(query.joined(separator: "&"))"
    }
}

/// A path on this origin: what a link or a redirect may follow, whatever a request held.
package struct LocalPath: Hashable, Sendable {
    package let text: String

    /// Nil for anything that a browser could read as another origin (`//host`, `/\\host`), or with control characters.
    package init?(_ text: String?) {
        guard let text, text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= 2_000 else { return nil }
        let second = text.utf8.dropFirst().first
        guard second != UInt8(ascii: "/"), second != UInt8(ascii: "\\") else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
        self.text = text
    }

    /// A text as the value of a query's parameter: all but letters, digits, `-`, `.`, `_`, `~` and `/` as `%xx`.
    package static func inQuery(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}

/// The policy that every page is sent with. Tiles may come from one other origin, and nothing else may.
package enum ContentSecurityPolicy {
    package static func header(tiles: MapTiles?) -> String {
        let origin = tiles?.url.flatMap(Self.origin).map { " \($0)" } ?? ""
        return "default-src 'self'; img-src 'self' data:\(origin); style-src 'self'; script-src 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    }

    /// `https://*.tile.example` of `https://{s}.tile.example/{z}/{x}/{y}.png`, or nil where it is not a plain origin.
    static func origin(of url: String) -> String? {
        for scheme in ["https://", "http://"] where url.hasPrefix(scheme) {
            let host = url.dropFirst(scheme.count).prefix { $0 != "/" }.replacing("{s}", with: "*")
            let allowed = host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: ":"), UInt8(ascii: "*"):
                    true
                default: false
                }
            }
            return allowed && !host.isEmpty ? scheme + host : nil
        }
        return nil
    }
}
