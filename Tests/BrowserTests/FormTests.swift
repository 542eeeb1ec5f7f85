import Domain
import TestSupport
import Testing

extension LivePages {
    /// The citizens' form: every way to name a place, what is asked first, and what is said when something lacks.
    @Suite("The report form")
    struct FormTests {
        @Test("A pin is put on the map by a tap and moved by the arrow keys", arguments: Screen.allCases)
        func pin(on screen: Screen) async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(screen.settings, at: "/lapor?kategori=sampah")
                try await citizen.choose("53.71.03.1010", in: "#area")
                try await citizen.click("[data-open-map]")
                try await citizen.wait(until: "document.querySelectorAll('#pin-map path.area').length > 40")
                try await citizen.click("#pin-map")
                try await citizen.wait(for: "Pin diletakkan", in: "[data-said]")
                let tapped = try await citizen.value(of: "[name=lat]")
                #expect(abs((Double(tapped) ?? 0) + 10.148) < 0.01, "\(tapped)")
                try await citizen.press("ArrowUp")
                try await citizen.wait(until: "Number(document.querySelector('[name=lat]').value) > \(tapped)")
                try await citizen.choose("", in: "#area")
                try await citizen.click("[data-step=di-mana] [data-next]")
                try await citizen.fill("#description", with: "Tumpukan di tikungan")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                #expect(try await citizen.text(of: ".sent").contains("sekitar Kelurahan Oesapa"))
            }
        }

        @Test("A place is named by kelurahan, RT and RW and a landmark, and the officer reads it so")
        func area() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/lapor?kategori=sampah")
                try await citizen.choose("53.71.03.1010", in: "#area")
                try await citizen.fill("#landmark", with: "Depan kios Mama Yuli")
                try await citizen.fill("#rt", with: "12")
                try await citizen.fill("#rw", with: "4")
                try await citizen.click("[data-step=di-mana] [data-next]")
                try await citizen.fill("#description", with: "Sampah di selokan")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                let code = try await citizen.text(of: "#code")
                let officer = try await stage.officer("dlhk", .desktop)
                try await officer.waitForLiveDesk()
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                let place = try await officer.text(of: "[data-panel] .place")
                for part in ["Kelurahan Oesapa", "RT 12 / RW 4", "Patokan: Depan kios Mama Yuli"] {
                    #expect(place.contains(part), "\(place)")
                }
            }
        }

        @Test("A phone that gives no position says so and leaves the other ways")
        func noPosition() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/lapor?kategori=sampah")
                try await citizen.click("[data-locate]")
                try await citizen.wait(for: "tidak mengizinkan", in: "[data-said]")
                #expect(try await citizen.isVisible("#area"))
            }
        }

        @Test("An urgent category shows whom to phone before the form", arguments: [true, false])
        func urgent(scripted: Bool) async throws {
            try await Stage.play { stage in
                var settings = Page.Settings.phone
                settings.isScripted = scripted
                let citizen = try await stage.citizen(settings, at: scripted ? "/lapor" : "/lapor?kategori=kebakaran")
                if scripted { try await citizen.click("label[for=k-kebakaran]") }
                try await citizen.wait(until: "document.querySelector('[data-call=kebakaran]').checkVisibility()")
                #expect(try await citizen.count(of: "[data-call=kebakaran] a[href='tel:113']") == 1)
                let isBefore = try await citizen.evaluate(
                    """
                    (document.querySelector('[data-call=kebakaran]').compareDocumentPosition(
                      document.querySelector('form.report')) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0
                    """)
                #expect(isBefore.flag == true)
                #expect(try await citizen.isVisible("[data-call=masalah_kesehatan]") == false)
            }
        }

        @Test("What lacks is said beside the field, which takes the focus, one step at a time")
        func missing() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/lapor")
                try await citizen.click("[data-step=apa] [data-next]")
                try await citizen.wait(for: "Pilih jenis masalahnya", in: "#category .fault")
                try await citizen.waitForFocus(on: "[name=category]")
                try await citizen.click("label[for=k-sampah]")
                try await citizen.wait(until: "!document.querySelector('#category .fault')")
                try await citizen.click("[data-step=apa] [data-next]")
                try await citizen.click("[data-step=di-mana] [data-next]")
                try await citizen.wait(for: "Tunjukkan tempatnya", in: "#place .fault")
                try await citizen.waitForFocus(on: "#area")
                try await citizen.choose("53.71.03.1010", in: "#area")
                try await citizen.click("[data-step=di-mana] [data-next]")
                try await citizen.click("[data-send]")
                try await citizen.wait(for: "Ceritakan masalahnya", in: "[data-step=cerita] .fault")
                try await citizen.waitForFocus(on: "#description[aria-invalid]")
            }
        }

        @Test("Without scripts an empty form comes back with a summary that has the focus, and keeps what was typed")
        func summary() async throws {
            try await Stage.play { stage in
                var settings = Page.Settings.phone
                settings.isScripted = false
                let citizen = try await stage.citizen(settings, at: "/lapor", expecting: [422])
                try await citizen.fill("#landmark", with: "Dekat \"gereja\"")
                try await citizen.fill("#rt", with: "x")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                try await citizen.waitForFocus(on: "#faults")
                let faults = try await citizen.text(of: "#faults")
                for part in ["Pilih jenis masalahnya", "Tunjukkan tempatnya", "Ceritakan masalahnya", "RT diisi"] {
                    #expect(faults.contains(part), "\(faults)")
                }
                #expect(try await citizen.count(of: ".field.wrong > .fault") == 4)
                #expect(try await citizen.value(of: "#landmark") == "Dekat \"gereja\"")
                try await citizen.click("#faults a[href='#description']")
                try await citizen.waitForFocus(on: "#description")
            }
        }
    }
}
