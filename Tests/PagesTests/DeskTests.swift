import Domain
import Testing

@testable import Pages

@Suite("A desk with more work than it shows")
struct DeskTests {
    private func page(_ openInAll: Int, isCountCut: Bool = false) -> String {
        Desk(
            frame: SamplePages.frame("/desk/dlhk"), agency: "dlhk", open: [], openInAll: openInAll,
            isCountCut: isCountCut
        ).render(language: .indonesian)
    }

    @Test("says how much there is in all, and where it was not counted to the end")
    func partial() {
        #expect(!page(0).contains("laporan terbuka,"))
        #expect(page(412).contains("412 laporan terbuka, yang paling mendesak"))
        #expect(page(10_000, isCountCut: true).contains("10.000+ laporan terbuka,"))
    }

    @Test("leads to what is due later, and back")
    func pages() {
        func page(isLater: Bool, next: String?) -> String {
            Desk(
                frame: SamplePages.frame("/desk/dlhk"), agency: "dlhk", open: [], isLater: isLater, next: next
            ).render(language: .indonesian)
        }
        let first = page(isLater: false, next: "open_1_0197a1b2-0000-7000-8000-000000000000")
        #expect(first.contains("href=\"/desk/dlhk?setelah=open_1_0197a1b2-0000-7000-8000-000000000000\""))
        #expect(!first.contains("Kembali ke awal"))
        let last = page(isLater: true, next: nil)
        #expect(!last.contains("setelah="))
        #expect(last.contains("href=\"/desk/dlhk\">Kembali ke awal"))
    }
}
