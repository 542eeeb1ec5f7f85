import Foundation
import Testing

@Suite("Layout")
struct LayoutTests {
    let checkout = Checkout.current

    @Test("the top level holds exactly what is fixed")
    func topLevel() {
        let fixed: Set<String> = [
            "Package.swift", "Services", "Shared", "Tests", "docker-compose.yml", "README.md", "ops",
        ]
        let found = Set(checkout.files.compactMap { $0.split(separator: "/").first.map(String.init) })
            .filter { !$0.hasPrefix(".") }
        #expect(found.subtracting(fixed).isEmpty)
        #expect(fixed.subtracting(["docker-compose.yml"]).subtracting(found).isEmpty)
    }

    /// Migrations are numbered 0001, 0002 … without a gap, each number once.
    static func migrationFaults(_ names: [String]) -> [String] {
        var faults: [String] = []
        for (offset, name) in names.sorted().enumerated() {
            guard let match = name.wholeMatch(of: /(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.sql/) else {
                faults.append("\(name): not NNNN-words.sql")
                continue
            }
            if Int(match.1) != offset + 1 { faults.append("\(name): expected number \(offset + 1)") }
        }
        return faults
    }

    @Test("migrations are numbered, unique and without a gap")
    func migrations() {
        let folder = "Shared/Storage/Migrations/"
        let names = checkout.files.filter { $0.hasPrefix(folder) }.map { String($0.dropFirst(folder.count)) }
        #expect(!names.isEmpty)
        #expect(Self.migrationFaults(names) == [])
    }

    @Test(
        "a gap, a double number and a bad name are seen",
        arguments: [
            ["0001-a.sql", "0003-b.sql"], ["0001-a.sql", "0001-b.sql"], ["1-a.sql"], ["0001_a.sql"], ["0002-a.sql"],
        ])
    func faultyMigrations(names: [String]) {
        #expect(Self.migrationFaults(names).count == 1)
    }

    /// What belongs to one machine: its folders, and the hosts it fetches packages from.
    static func machineTraces(in text: String, path: String) -> [Violation] {
        let folder = #/(^|[^\w.\-}])/(work|root|home|Users)/\w/#
        let host =
            #/(?i)(registry\.[a-z0-9\-]+\.(io|com|org|net|dev)|docker\.io|ghcr\.io|quay\.io|artifactory|deb\.debian\.org|pypi\.org|npmjs\.)/#
        let suspects = ["/work/", "/root/", "/home/", "/Users/", "registry.", ".io", "artifactory", ".org", "npmjs."]
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        return lines.filter { line in suspects.contains { line.element.contains($0) } }.flatMap { offset, line in
            [
                line.contains(folder) ? Violation(path: path, line: offset + 1, what: "a folder of one machine") : nil,
                line.contains(host) ? Violation(path: path, line: offset + 1, what: "the host of a registry") : nil,
            ].compactMap { $0 }
        }
    }

    @Test("no file names a machine's folder or a registry's host")
    func machineIndependent() {
        let ownTests = "Tests/RepositoryTests/LayoutTests.swift"
        let violations = checkout.files.filter { $0 != ownTests }.flatMap { path in
            Self.machineTraces(in: checkout.text(of: path) ?? "", path: path)
        }
        #expect(violations.isEmpty, "\(violations.listed)")
    }

    @Test(
        "a machine's trace is seen",
        arguments: ["cd /work/main", "see '/root/notes'", "/home/budi/x", "image: ghcr.io/a", "registry.npmjs.org"])
    func traceIsSeen(line: String) {
        #expect(Self.machineTraces(in: line, path: "a").count == 1)
    }

    @Test(
        "a path inside the product is none",
        arguments: ["Shared/work/a", "below /root", "https://example.org/home/a", "$HOME/root/x"])
    func noTrace(line: String) {
        #expect(Self.machineTraces(in: line, path: "a").isEmpty)
    }

    @Test("packages come from one place")
    func packages() throws {
        let manifest = try #require(checkout.text(of: "Package.swift"))
        let hosts = manifest.matches(of: #/https?://([^/"]+)/#).map { String($0.1) }
        #expect(!hosts.isEmpty && Set(hosts) == ["github.com"])
    }
}
