import Domain
import Foundation
import TestSupport
import Testing

/// Where the pictures go; nil: none are taken.
private let pictures = ProcessInfo.processInfo.environment["SASANDO_PICTURES"].map { URL(filePath: $0) }

extension LivePages {
    /// Pictures of every page for people to look at, into the folder that SASANDO_PICTURES names.
    @Suite("Pictures", .enabled(if: pictures != nil, "SASANDO_PICTURES names no folder"))
    struct PictureTests {
        @Test("of every page, in both languages and both themes", arguments: ["id", "en"], Screen.allCases)
        func take(language: String, on screen: Screen) async throws {
            try await Stage.play { stage in
                for text in ["Sampah di depan pasar su menumpuk tiga hari", "TPS liar dekat sekolah"] {
                    _ = try await stage.report("sampah", text)
                }
                let (code, link) = try await stage.report("sampah", "Sampah di selokan, air sonde jalan")
                let (secret, _) = try await stage.report("orang_hilang", "Kakek berbaju batik")
                let officer = try await stage.officer("dlhk", screen.settings, expecting: [403, 404])
                try await officer.waitForLiveDesk()
                try await officer.waitForCard(code, in: "waiting")
                let id = try #require(try await officer.evaluate("(\(Page.card(code))).dataset.id").text)

                let citizen = try await stage.citizen(screen.settings, expecting: [401, 404, 422, 429])
                let told = [AxeTests.View("/lacak/\(code)", "public"), AxeTests.View("/lacak/\(secret)", "in outline")]
                try await take(AxeTests.form + AxeTests.reading + told, citizen, stage, language, screen)
                let reporter = try await stage.citizen(screen.settings, at: link, named: "reporter")
                try await take([AxeTests.View("/lacak/\(code)", "one's own")], reporter, stage, language, screen)
                try await take(AxeTests.desk("dlhk", code, id, screen), officer, stage, language, screen)
                let mayor = try await stage.officer("operator", screen.settings)
                try await take([AxeTests.dashboard], mayor, stage, language, screen)
            }
        }

        private func take(
            _ views: [AxeTests.View], _ page: Page, _ stage: Stage, _ language: String, _ screen: Screen
        ) async throws {
            let folder = try #require(pictures)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for view in views {
                try await view.open(page, at: stage.address, in: language)
                for isDark in [false, true] {
                    try await page.setDark(isDark)
                    let name = "\(view.path) \(view.name)".map { $0.isLetter || $0.isNumber ? $0 : "_" }
                    let file = "\(String(name))-\(screen)-\(language)-\(isDark ? "dark" : "light").png"
                    try await page.screenshot(to: folder.appending(path: file).path)
                }
                try await page.setDark(false)
            }
        }
    }
}
