import Foundation
import Testing

/// The relative links of a Markdown file, code left out.
struct MarkdownLinks {
    struct Link: Hashable {
        let line: Int
        let target: String
    }

    let links: [Link]

    init(_ text: String) {
        var links: [Link] = []
        var isFenced = false
        for (offset, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isFenced.toggle()
                continue
            }
            guard !isFenced else { continue }
            let prose = line.replacing(/`[^`]*`/, with: "")
            let inline = prose.matches(of: #/\]\(<?([^)>\s]+)>?(\s+"[^"]*")?\)/#).map { String($0.1) }
            let html = prose.matches(of: #/(?:src|href)="([^"]+)"/#).map { String($0.1) }
            let references = prose.matches(of: #/^\s{0,3}\[[^\]]+\]:\s*(\S+)/#).map { String($0.1) }
            links += (inline + html + references).map { Link(line: offset + 1, target: $0) }
        }
        self.links = links.filter { !$0.target.contains(/^[a-z][a-z0-9+.\-]*:/) }
    }

    /// The anchors that a reader's browser finds: headings, lower case, spaces as hyphens, punctuation dropped.
    static func anchors(in text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
                let title = heading.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
                let kept = title.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                return kept.replacing(" ", with: "-")
            })
    }
}

@Suite("Documents")
struct DocumentTests {
    @Test("every relative link resolves", arguments: Checkout.current.files(ending: ".md"))
    func links(path: String) throws {
        let checkout = Checkout.current
        let text = try #require(checkout.text(of: path))
        let folder = checkout.root.appending(path: path).deletingLastPathComponent()
        for link in MarkdownLinks(text).links {
            let parts = link.target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let isHere = parts[0].isEmpty
            let file = isHere ? checkout.root.appending(path: path) : folder.appending(path: String(parts[0]))
            #expect(FileManager.default.fileExists(atPath: file.path), "\(path):\(link.line): \(link.target)")
            guard parts.count == 2, file.pathExtension == "md" else { continue }
            let anchors = MarkdownLinks.anchors(in: try String(contentsOf: file, encoding: .utf8))
            #expect(anchors.contains(String(parts[1])), "\(path):\(link.line): \(link.target)")
        }
    }

    @Test("links are found in prose, images and references, and not in code")
    func finding() {
        let text = """
            See [a](a.md) and ![b](b.png "title"), [c](https://example.org), `[d](d.md)`.
            ```
            [e](e.md)
            ```
            <img src="f.svg"> [g](#a-b)
            [h]: h.md
            """
        #expect(MarkdownLinks(text).links.map(\.target) == ["a.md", "b.png", "#a-b", "f.svg", "h.md"])
        #expect(MarkdownLinks.anchors(in: "# A, b\ntext\n## C `d`") == ["a-b", "c-d"])
    }
}
