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
        #expect(!page(0).contains("Ditampilkan"))
        #expect(page(412).contains("Ditampilkan 0 dari 412 laporan"))
        #expect(page(10_000, isCountCut: true).contains("dari 10.000+ laporan"))
    }
}
