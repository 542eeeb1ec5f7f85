import Domain
import TestSupport
import Testing

extension LivePages {
    /// What the operator does, and what others see of it, by plain forms.
    @Suite("Operator's pages")
    struct OperatorPagesTests {
        private static func unscripted(_ screen: Screen) -> Page.Settings {
            var settings = screen.settings
            settings.isScripted = false
            return settings
        }

        @Test("A reader flags, the operator hides, and the reader reads it no more", arguments: Screen.allCases)
        func moderation(on screen: Screen) async throws {
            try await Stage.play { stage in
                let settings = Self.unscripted(screen)
                let (code, _) = try await stage.report("pkl_liar", "Lapak Nyonya Anu di trotoar")
                let reader = try await stage.citizen(settings, at: "/lacak/\(code)")
                #expect(try await reader.text(of: ".about").contains("Nyonya Anu"))
                try await reader.afterLoad { try await reader.click(".flag") }
                try await reader.click("[name=reason][value=personal_data]")
                try await reader.afterLoad { try await reader.click("main [type=submit]") }
                #expect(try await reader.text(of: "h1") == "Terima kasih")

                let clerk = try await stage.officer("operator", settings, at: "/moderasi")
                try await clerk.fill("#kode", with: code)
                try await clerk.afterLoad { try await clerk.click(".find [type=submit]") }
                #expect(try await clerk.text(of: ".facts").contains("Ditandai 1 kali"))
                try await clerk.click("details.act:first-of-type summary")
                try await clerk.fill("#hide-reason", with: "Nama orang")
                try await clerk.afterLoad { try await clerk.click("details[open] [type=submit]") }
                #expect(try await clerk.text(of: ".success").contains("Disembunyikan dari umum"))
                #expect(try await clerk.text(of: ".log").contains("Nama orang"))

                try await reader.navigate(to: stage.address + "/lacak/\(code)")
                #expect(!(try await reader.text(of: "main").contains("Nyonya Anu")))
            }
        }

        @Test("The officer at the counter writes a report down and hands the slip over", arguments: Screen.allCases)
        func counter(on screen: Screen) async throws {
            try await Stage.play { stage in
                let clerk = try await stage.officer("operator", Self.unscripted(screen), at: "/loket")
                try await clerk.click("[name=via][value=counter]")
                try await clerk.click("label[for=k-sampah]")
                try await clerk.choose("53.71.03.1010", in: "#area")
                try await clerk.fill("#description", with: "Sampah di got,\nsudah tiga hari")
                try await clerk.afterLoad { try await clerk.click("main .report [type=submit]") }
                #expect(try await clerk.text(of: "h1") == "Laporan tercatat")
                let code = try await clerk.text(of: "#code")
                let link = try await clerk.text(of: "#link")
                #expect(link.contains("/k/"))
                #expect(try await clerk.isVisible("[data-print]") == false)
                let person = try await stage.citizen(.phone, at: "/lacak", named: "person")
                try await person.navigate(to: link)
                #expect(try await person.text(of: ".code-line").contains(code))
                #expect(try await person.text(of: ".own").contains("Ini laporan Anda"))
            }
        }
    }
}
