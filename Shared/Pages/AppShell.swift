internal import Domain

/// What a phone keeps of the citizens' pages, so that they open without a line, and the service worker that keeps it.
package enum AppShell {
    /// The pages that a phone keeps; none of them is anybody's own.
    package static let pages = ["/", "/lapor"]

    /// Changes with every page, text and asset; pages name it, so that a worker keeps only those of its own version.
    package static let version: String = {
        var bytes: [UInt8] = []
        for asset in Asset.all.sorted(by: { $0.name < $1.name }) { bytes += asset.hash.utf8 }
        for template in Templates.files { bytes += template.bytes }
        bytes += PackageResources.id_json + PackageResources.en_json
        return AssetFiles.fingerprint(bytes)
    }()

    /// The paths of what those pages load at once, sorted. What they load later (a map) needs the line anyway.
    package static let assets: [String] = {
        let frame = Frame(city: nil, now: Timestamp(microseconds: 0), path: "/")
        let texts = [
            CitizenHome(frame: frame).render(language: .indonesian),
            ReportForm(frame: frame, idempotencyKey: "").render(language: .indonesian),
        ]
        // A page names all modules that it needs at once.
        return Asset.all.map(\.path).filter { path in texts.contains { $0.contains(path) } }.sorted()
    }()

    /// `/sw.js`: one classic script, since not every browser takes a module there. It is put together from the same
    /// modules that the pages import.
    package static let worker: Asset = {
        let bytes = SlimText.slim(Array(workerSource.utf8), of: "sw.js")
        return Asset(name: "sw.js", bytes: bytes, hash: AssetFiles.fingerprint(bytes))
    }()

    /// The worker as it is written.
    static let workerSource: String = {
        var writer = JSONWriter()
        writer.object {
            $0.member("version", version)
            $0.member("news", Texts.indonesian.find("push.news"))
            $0.member("icon", Asset.named("icon.svg").path)
            $0.key("pages")
            $0.array { for page in pages { $0.value(page) } }
            $0.key("assets")
            $0.array { for asset in assets { $0.value(asset) } }
        }
        let shell = "const SHELL = \(String(decoding: writer.bytes, as: UTF8.self));\n"
        return shell + Script.joined(from: "worker.js")
    }()
}

/// Our own scripts, as text: an import is one line, `import … "./name.js";`.
private enum Script {
    static func lines(of bytes: [UInt8]) -> [Substring] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    static func isImport(_ line: Substring) -> Bool { line.hasPrefix("import ") }

    static func importedName(_ line: Substring) -> String? {
        let parts = line.split(separator: "\"./")
        return parts.count == 2 ? parts[1].split(separator: "\"").first.map(String.init) : nil
    }

    /// A module with all that it imports before it, each once, without `import` and `export`.
    static func joined(from name: String) -> String {
        var done: Set<String> = []
        func join(_ name: String) -> String {
            guard done.insert(name).inserted else { return "" }
            guard let file = AssetFiles.files.first(where: { $0.name == name }) else {
                preconditionFailure("the worker imports \(name), which is not listed")
            }
            let lines = lines(of: file.bytes)
            let imported = lines.filter(isImport).compactMap(importedName).map(join).joined()
            let own = lines.filter { !isImport($0) }
                .map { $0.hasPrefix("export ") ? $0.dropFirst("export ".count) : $0 }
            return imported + own.joined(separator: "\n")
        }
        return join(name)
    }
}
