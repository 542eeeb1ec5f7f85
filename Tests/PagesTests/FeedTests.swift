import Domain
import Foundation
import Testing

@testable import Pages

@Suite("The feed of reports")
struct FeedTests {
    private func feed(_ description: String) -> String {
        var report = SamplePages.report(.inProgress)
        report.description = description
        return Feed(
            frame: SamplePages.frame("/laporan.atom"), entries: [.init(report: report, updated: SamplePages.now)],
            publicURL: "https://lapor.example", ownPath: "/laporan.atom?kategori=sampah&status=semua",
            listPath: "/laporan?kategori=sampah&status=semua", choice: .init(category: "sampah", progress: .all)
        ).render(language: .indonesian)
    }

    @Test("is XML whatever people wrote", arguments: ["<b>&amp;\"'</b>]]>", "naik\u{8}\u{0}\u{FFFE}turun", "😀", ""])
    func wellFormed(text: String) throws {
        let xml = feed(text)
        #expect(xml.hasPrefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns="))
        #expect(!xml.contains("⟦") && !xml.unicodeScalars.contains("\u{8}") && !xml.contains("<b>"))
        #expect(xml.contains("https://lapor.example/laporan.atom?kategori=sampah&amp;status=semua"))
        #expect(xml.contains("<link rel=\"alternate\" type=\"text/html\" href=\"https://lapor.example/lacak/"))
        #expect(xml.matches(of: /<entry>/).count == 1 && xml.hasSuffix("</feed>\n"))
    }
}
