import Domain
import TestSupport
import Testing

extension LivePages {
    /// Who may see what, and what those read who may not.
    @Suite("Who sees what")
    struct AccessTests {
        @Test("A wrong token is told at once; a right one leads to where one wanted to go")
        func signIn() async throws {
            try await Stage.play { stage in
                let officer = try await stage.citizen(.phone, at: "/desk/dinkes", expecting: [401], named: "officer")
                try await officer.fill("#token", with: "sas_wrong")
                try await officer.afterLoad { try await officer.click(".sign-in [type=submit]") }
                try await officer.waitForFocus(on: ".summary")
                #expect(try await officer.text(of: ".summary").contains("Token itu tidak dikenal"))
                #expect(try await officer.value(of: "#token") == "")
                try await officer.fill("#token", with: try await stage.token(of: "dinkes"))
                try await officer.afterLoad { try await officer.click(".sign-in [type=submit]") }
                #expect(try await officer.address == stage.address + "/desk/dinkes")
                #expect(try await officer.cookies(of: stage.address).values.contains { $0.isHTTPOnly })
                try await officer.waitForLiveDesk()
                try await officer.afterLoad { try await officer.click(".top form button") }
                #expect(try await officer.address.hasSuffix("/masuk"))
                try await officer.navigate(to: stage.address + "/desk/dinkes")
                #expect(try await officer.count(of: "#token") == 1)
            }
        }

        @Test(
            "A token opens no other agency's desk, and no dashboard",
            arguments: ["/desk/pupr", "/dashboard"])
        func noPermission(path: String) async throws {
            try await Stage.play { stage in
                let officer = try await stage.officer("dishub", .phone, at: path, expecting: [403])
                #expect(try await officer.text(of: "h1") == "Anda tidak punya akses")
                #expect(try await officer.count(of: "main a") > 0)
            }
        }

        @Test("What is not there is said in plain words, with a way on")
        func missing() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/tidak-ada", expecting: [404, 422])
                #expect(try await citizen.text(of: "h1") == "Halaman tidak ditemukan")
                try await citizen.navigate(to: stage.address + "/lacak?kode=KPG-12")
                #expect(try await citizen.text(of: "#kode-fault").contains("belum lengkap"))
                let officer = try await stage.officer(
                    "dlhk", .phone, at: "/desk/dlhk/laporan/01936f0e-7b1a-7c3d-9e5f-0123456789ab", expecting: [404])
                #expect(try await officer.count(of: "h1") == 1)
                #expect(try await officer.text(of: "body").contains("Sasando"))
            }
        }

        @Test("A private report is told in outline by its code, and whole by its private link")
        func privateReport() async throws {
            try await Stage.play { stage in
                let words = "Anak laki-laki berbaju merah"
                let (code, link) = try await stage.report("orang_hilang", words)
                let stranger = try await stage.citizen(.phone, at: "/lacak/\(code)", named: "stranger")
                try await stranger.wait(for: "Menunggu tanggapan", in: "h1")
                #expect(try await stranger.text(of: "main").contains("Laporan ini rahasia"))
                #expect(
                    try await stranger.evaluate("document.documentElement.outerHTML").text?.contains(words) == false)
                let reporter = try await stage.citizen(.phone, at: link, named: "reporter")
                #expect(try await reporter.address == stage.address + "/lacak/\(code)")
                #expect(try await reporter.text(of: ".text") == words)
                #expect(try await reporter.cookies(of: stage.address).values.allSatisfy { $0.isHTTPOnly })

                // The reporter's page goes on whole when it refreshes itself.
                try await reporter.markUnreloaded()
                let officer = try await stage.officer("dinsos", .desktop)
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                try await officer.click("[data-command=acknowledge] button")
                for page in [reporter, stranger] { try await page.wait(for: "Sudah ditanggapi", in: "h1") }
                #expect(try await reporter.text(of: ".text") == words)
                try await reporter.requireUnreloaded()
            }
        }

        @Test("The language is changed by one link and remembered")
        func language() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone)
                #expect(try await citizen.evaluate("document.documentElement.lang").text == "id")
                try await citizen.afterLoad { try await citizen.click(".language") }
                #expect(try await citizen.evaluate("document.documentElement.lang").text == "en")
                try await citizen.navigate(to: stage.address + "/lapor?kategori=kebakaran")
                #expect(try await citizen.text(of: "main").contains("Fire"))
                try await citizen.navigate(to: stage.address + "/masuk")
                #expect(try await citizen.evaluate("document.documentElement.lang").text == "en")
                try await citizen.afterLoad { try await citizen.click(".language") }
                #expect(try await citizen.evaluate("document.documentElement.lang").text == "id")
            }
        }
    }
}
