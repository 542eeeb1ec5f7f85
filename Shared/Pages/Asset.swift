/// A file that pages load: style, script or picture, under a path that changes with its content.
package struct Asset: Sendable {
    /// The file's name, e.g. `sasando.css`.
    package let name: String
    package let bytes: [UInt8]
    /// Of the content, 16 hexadecimal digits.
    package let hash: String
    /// Paths of the modules that must be there before this one runs; empty for what is no module.
    package var imports: [String] = []

    /// `/assets/sasando.<hash>.css`
    package var path: String {
        let dot = name.lastIndex(of: ".") ?? name.endIndex
        return "/assets/\(name[..<dot]).\(hash)\(name[dot...])"
    }

    /// A strong entity tag, quotation marks included.
    package var entityTag: String { "\"\(hash)\"" }

    package var contentType: String {
        switch name[(name.lastIndex(of: ".") ?? name.startIndex)...] {
        case ".css": "text/css; charset=utf-8"
        case ".js": "text/javascript; charset=utf-8"
        case ".svg": "image/svg+xml"
        case ".webmanifest": "application/manifest+json"
        default: "application/octet-stream"
        }
    }

    /// What a request path under `/assets/` names, and how long it may be kept.
    package struct Match: Sendable {
        package let asset: Asset
        /// A year where the path carries the content's hash; else asked for anew each time.
        package let cacheControl: String
    }

    /// The asset of a request path: `/assets/<name>.<hash>.<extension>`, or without the hash. A hash that is no
    /// longer current gives today's file, not to be kept: a page from before an update still works.
    package static func find(path: String) -> Match? {
        guard path.hasPrefix("/assets/") else { return nil }
        let file = path.dropFirst("/assets/".count)
        if let asset = byPath[path] {
            return Match(asset: asset, cacheControl: "public, max-age=31536000, immutable")
        }
        let parts = file.split(separator: ".", omittingEmptySubsequences: false)
        let name = parts.count == 3 ? "\(parts[0]).\(parts[2])" : String(file)
        return byName[name].map { Match(asset: $0, cacheControl: "no-cache") }
    }

    /// The file named so; a name that is not listed is a programmer's mistake.
    package static func named(_ name: String) -> Asset {
        guard let asset = byName[name] else { preconditionFailure("no asset is named \(name)") }
        return asset
    }

    package static var all: [Asset] { Array(byName.values) }

    private static let byName = AssetFiles.resolved()
    private static let byPath = Dictionary(uniqueKeysWithValues: byName.values.map { ($0.path, $0) })

    /// What templates read: `{{asset.sasando_css}}`.
    static let paths = Dictionary(
        uniqueKeysWithValues: byName.values.map { asset in
            (asset.name.replacing(".", with: "_"), asset.path)
        })
}
