package import Domain

/// `/manifest.webmanifest`: how the pages present themselves once they are installed (W3C Web Application Manifest).
package enum WebManifest {
    package static func asset(_ language: Language, city: City?) -> Asset {
        func text(_ name: String) -> String { Texts.texts(language).find("app.\(name)") ?? "" }
        let place = city.map { " \($0.name[language])" } ?? ""
        var writer = JSONWriter(capacity: 1_024)
        writer.object {
            $0.member("id", "/")
            $0.member("name", "Sasando\(place)")
            $0.member("short_name", text("short_name"))
            $0.member("description", text("description"))
            $0.member("lang", language.rawValue)
            $0.member("dir", "ltr")
            $0.member("start_url", "/")
            $0.member("scope", "/")
            $0.member("display", "standalone")
            $0.member("theme_color", "#fbfaf7")
            $0.member("background_color", "#fbfaf7")
            $0.key("icons")
            $0.array {
                icon("icon.svg", purpose: "any", to: &$0)
                icon("maskable.svg", purpose: "maskable", to: &$0)
            }
            $0.key("shortcuts")
            $0.array {
                $0.object {
                    $0.member("name", text("shortcut"))
                    $0.member("url", "/lapor")
                }
            }
        }
        return Asset(
            name: "manifest.webmanifest", bytes: writer.bytes, hash: AssetFiles.fingerprint(writer.bytes))
    }

    /// Drawings fit every size.
    private static func icon(_ name: String, purpose: String, to writer: inout JSONWriter) {
        writer.object {
            $0.member("src", Asset.named(name).path)
            $0.member("sizes", "any")
            $0.member("type", "image/svg+xml")
            $0.member("purpose", purpose)
        }
    }
}
