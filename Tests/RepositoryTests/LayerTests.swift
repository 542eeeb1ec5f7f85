import Testing

/// The arrows between the layers. Imports point down only; the numbers are the layers of `ops/ARCHITECTURE.md`.
enum Layers {
    static let rank: [String: Int] = [
        "Domain": 0, "CPostgreSQL": 0, "CZeroMQ": 0, "CReactor": 0, "CVips": 0, "CCurl": 0, "CQRCode": 0,
        "CXML2": 0,
        "Reactor": 1, "Telemetry": 1, "Vips": 1,
        "PostgreSQL": 2, "ZeroMQ": 2, "Media": 2, "Outbound": 2, "QRCode": 2, "XML": 2,
        "Streams": 3, "Storage": 3,
        "Runtime": 4, "Pages": 4, "Contract": 4,
        "Intake": 5, "Routing": 5, "Notifier": 5, "Analytics": 5, "Admin": 5,
        "MediaWorker": 5,
    ]
    /// The one arrow inside a layer: stores append to streams.
    static let sideways: [String: Set<String>] = ["Storage": ["Streams"]]
    /// A C module belongs to one wrapper.
    static let wrapper = [
        "CPostgreSQL": "PostgreSQL", "CZeroMQ": "ZeroMQ", "CReactor": "Reactor", "CVips": "Vips", "CCurl": "Outbound",
        "CQRCode": "QRCode", "CXML2": "XML",
    ]
    static let operatingSystem: Set<String> = ["Glibc", "Musl", "Darwin", "Android"]
    /// What any layer may take from the C library, by name.
    static let mathematics: Set<String> = ["sin", "cos", "tan", "asin", "acos", "atan2", "exp", "log", "pow", "fmod"]
    /// Pure modules name all they may import.
    static let closed: [String: Set<String>] = [
        "Domain": ["FoundationEssentials", "Crypto"],
        "Pages": ["Domain", "FoundationEssentials", "Mustache"],
        "Contract": ["Domain", "Crypto"],
    ]

    /// The target that a path belongs to: the folder below `Shared/` or `Services/`.
    static func target(of path: String) -> String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Shared" || parts[0] == "Services" else { return nil }
        return String(parts[1])
    }

    static func violations(in source: SwiftSource) -> [Violation] {
        guard let importer = target(of: source.path) else { return [] }
        return source.imports.compactMap { imported in
            refusal(of: imported, by: importer, in: source.path)
                .map { Violation(path: source.path, line: imported.line, what: $0) }
        }
    }

    private static func refusal(of imported: SwiftSource.Import, by importer: String, in path: String) -> String? {
        let module = imported.module
        guard let importerRank = rank[importer] else { return "the folder \(importer) has no layer" }
        if operatingSystem.contains(module), let symbol = imported.symbol, mathematics.contains(symbol) { return nil }
        if let allowed = closed[importer], !allowed.contains(module) { return "\(importer) may not import \(module)" }
        if let owner = wrapper[module], owner != importer { return "only \(owner) imports \(module)" }
        if operatingSystem.contains(module), path.hasPrefix("Services/") { return "a service imports \(module)" }
        if module == "Foundation", importer != "Admin" { return "Foundation is large: import FoundationEssentials" }
        if module == "Testing" || module == "TestSupport" { return "a product imports \(module)" }
        guard let moduleRank = rank[module] else { return nil }
        if moduleRank < importerRank || sideways[importer, default: []].contains(module) { return nil }
        return "\(importer) (L\(importerRank)) imports \(module) (L\(moduleRank))"
    }
}

@Suite("Layers")
struct LayerTests {
    @Test("imports point down only")
    func importsPointDown() {
        let violations = Checkout.current.swiftSources.flatMap(Layers.violations)
        #expect(violations.isEmpty, "\(violations.listed)")
    }

    @Test("every source folder has a layer, and every layer's folder exists")
    func everyFolderHasALayer() {
        let folders = Set(Checkout.current.files.compactMap(Layers.target))
        #expect(folders == Set(Layers.rank.keys))
    }

    @Test(
        "a forbidden arrow is seen",
        arguments: [
            ("Shared/Domain/A.swift", "import PostgreSQL"),
            ("Shared/Domain/A.swift", "@testable import Foundation"),
            ("Shared/Reactor/A.swift", "internal import ZeroMQ"),
            ("Shared/PostgreSQL/A.swift", "import ZeroMQ"),
            ("Shared/Streams/A.swift", "import Storage"),
            ("Shared/Runtime/A.swift", "private import struct Pages.Page"),
            ("Services/Intake/A.swift", "import Routing"),
            ("Services/Intake/A.swift", "import CZeroMQ"),
            ("Services/Intake/HTTP/A.swift", "internal import Glibc"),
            ("Services/Intake/A.swift", "import Foundation"),
            ("Shared/ZeroMQ/A.swift", "import CPostgreSQL"),
            ("Shared/Storage/A.swift", "import Testing"),
            ("Shared/Unknown/A.swift", "import Domain"),
            ("Shared/Domain/A.swift", "internal import Glibc"),
            ("Shared/Domain/A.swift", "internal import func Glibc.time"),
        ])
    func forbiddenArrow(path: String, line: String) {
        #expect(Layers.violations(in: SwiftSource(path: path, text: "\(line)\n")).count == 1)
    }

    @Test(
        "an arrow that points down is allowed, and one in a comment or string is none",
        arguments: [
            ("Shared/Storage/A.swift", "import Streams"),
            ("Shared/ZeroMQ/A.swift", "internal import CZeroMQ"),
            ("Services/Intake/A.swift", "import Domain\nimport Logging"),
            ("Shared/Domain/A.swift", "// import Routing\nlet a = \"import Routing\""),
            ("Tests/BrowserTests/A.swift", "import Foundation"),
            ("Shared/Domain/A.swift", "internal import func Glibc.cos"),
        ])
    func allowedArrow(path: String, text: String) {
        #expect(Layers.violations(in: SwiftSource(path: path, text: text)).isEmpty)
    }
}
