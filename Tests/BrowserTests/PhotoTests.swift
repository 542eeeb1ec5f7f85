import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

extension LivePages {
    /// Photos on the phone: chosen, shown, kept, and sent after their report.
    @Suite("Photos on the phone")
    struct PhotoTests {
        private let mark = "Foto \(UUID().uuidString.prefix(8))"

        /// A file on this machine, for the browser to choose.
        private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
            let path = "\(Photographs.folder)/\(UUID().uuidString)-\(name)"
            try Data(bytes).write(to: URL(filePath: path))
            return path
        }

        /// A report as anyone reads it.
        private func view(of code: String, on stage: Stage) async throws -> JSONValue {
            let request = HTTPClientRequest(url: "\(stage.address)/v1/reports/\(code)")
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(15))
            return try JSONValue(parsing: Array(buffer: try await response.body.collect(upTo: 1 << 20)))
        }

        private func waitForPhotos(_ count: Int, of code: String, on stage: Stage) async throws {
            let deadline = ContinuousClock.now + .seconds(30)
            while true {
                let media = try await view(of: code, on: stage)["media"]?.elements ?? []
                if media.count == count { return }
                try #require(ContinuousClock.now < deadline, "\(media.count) photos, not \(count)")
                // pause: between two looks at the report
                try await Task.sleep(for: .milliseconds(100))
            }
        }

        @Test("Photos are chosen first, shown, taken out again, and follow the report", arguments: Screen.allCases)
        func choose(on screen: Screen) async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(screen.settings, at: "/lapor")
                try await citizen.wait(until: "document.querySelector('main.stepwise')")
                #expect(
                    try await citizen.evaluate(
                        "document.querySelector('[data-step=apa]').contains(document.querySelector('#media'))"
                    ).flag == true)
                let large = try file("a.png", Photographs.png(2_400, 1_200))
                let small = try file("b.jpg", Photographs.withMetadata(Photographs.jpeg))
                try await citizen.chooseFiles([large, small], in: "#media")
                try await citizen.wait(until: "document.querySelectorAll('[data-previews] li').length === 2")
                try await citizen.wait(for: "2 dari 3 foto", in: "[data-photo-said]")
                // Too many: what fits is taken, and it is said.
                try await citizen.chooseFiles([small, small], in: "#media")
                try await citizen.wait(until: "document.querySelectorAll('[data-previews] li').length === 3")
                #expect(try await citizen.text(of: ".photo-field .fault").contains("Paling banyak 3"))
                try await citizen.click("[data-previews] li:last-child button")
                try await citizen.click("[data-previews] li:last-child button")
                try await citizen.wait(until: "document.querySelectorAll('[data-previews] li').length === 1")
                // What the phone sends is small, upright and says nothing of its camera.
                let kept = try await citizen.evaluate(Self.keptPictures)
                #expect(kept.elements.count == 1 && kept.elements.first?["type"]?.text == "image/jpeg", "\(kept.json)")
                #expect((kept.elements.first?["size"]?.number ?? 0) < 1_000_000)
                let width = try await citizen.evaluate("document.querySelector('[data-previews] img').naturalWidth")
                #expect(width.number == 1_600)

                try await citizen.click("label[for=k-sampah]")
                try await citizen.click("[data-step=apa] [data-next]")
                try await citizen.choose("53.71.03.1010", in: "#area")
                try await citizen.click("[data-step=di-mana] [data-next]")
                #expect(try await citizen.isVisible("[data-step=cerita] [data-previews] img"))
                try await citizen.fill("#description", with: "\(mark) tumpukan")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                try await citizen.wait(for: "Foto sudah terkirim", in: "[data-photos-follow]")
                let code = try await citizen.text(of: "#code")
                try await waitForPhotos(1, of: code, on: stage)
                #expect(try await citizen.evaluate(Self.keptPictures).elements.isEmpty)
                try await citizen.afterLoad { try await citizen.click(".button.main[href^='/lacak/']") }
                try await citizen.wait(until: "document.querySelector('.about .photos img')?.naturalWidth > 0")
                // The agency sees it at its desk.
                let officer = try await stage.officer("dlhk", .desktop)
                try await officer.waitForLiveDesk()
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                try await officer.wait(until: "document.querySelector('[data-panel] .photos img')?.naturalWidth > 0")
            }
        }

        private static let keptPictures = """
            new Promise((resolve) => { const opening = indexedDB.open('sasando', 2);
              opening.onsuccess = () => {
                const all = opening.result.transaction('pictures').objectStore('pictures').getAll();
                all.onsuccess = () => { opening.result.close();
                  resolve(all.result.map(({ bytes, type }) => ({ size: bytes.byteLength, type }))); }; }; })
            """

        @Test("A photo outlives a reload and the line: its report goes first, and it follows once")
        func offline() async throws {
            try await Stage.play { stage in
                let line = try Line(to: stage.address)
                defer { line.stop() }
                let citizen = try await stage.citizen(.phone, at: "/lapor?kategori=iklan_liar", by: line)
                try await citizen.waitForWorker()
                try await citizen.lose(line)
                try await citizen.navigate(to: line.address + "/lapor?kategori=iklan_liar")
                try await citizen.wait(until: "document.querySelector('main.stepwise')")
                let photos = [
                    try file("a.png", Photographs.png(900, 700)), try file("b.png", Photographs.png(700, 900)),
                ]
                try await citizen.chooseFiles(photos, in: "#media")
                try await citizen.wait(until: "document.querySelectorAll('[data-previews] li').length === 2")
                // pause: the draft is kept a moment after the last change
                try await Task.sleep(for: .milliseconds(800))
                try await citizen.reload()
                try await citizen.wait(until: "document.querySelectorAll('[data-previews] li').length === 2")
                try await citizen.sendForm("\(mark) baliho")
                try await citizen.wait(for: 1, "waiting")
                try await citizen.navigate(to: line.address + "/")
                try await citizen.wait(for: "2 foto", in: "[data-mine] li")

                // One upload is never heard, the answers to another and to the giving are lost.
                line.decidePhotos([.unheard, .unanswered, .arrives, .arrives, .halfAnswered])
                try await citizen.find(line)
                try await citizen.wait(for: 1, "sent")
                let code = try #require(try await citizen.keptReports().first?["receipt"]?["tracking_code"]?.text)
                try await citizen.wait(
                    until: """
                        !document.querySelector('[data-mine] [data-part=photos]').textContent
                        """, within: .seconds(90))
                try await waitForPhotos(2, of: code, on: stage)
                #expect(line.photoRequests >= 5, "\(line.photoRequests)")
                let history = try await view(of: code, on: stage)["history"]?.elements ?? []
                #expect(history.count { $0["media"] != nil } == 1, "\(history)")
                #expect(try await stage.waitForArrivals(1, at: "satpolpp", saying: mark) == ["\(mark) baliho": 1])
            }
        }

        @Test("A file that is no photo does not hold its report back, and it is told")
        func refused() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/lapor?kategori=iklan_liar", expecting: [422])
                try await citizen.wait(until: "document.querySelector('main.stepwise')")
                try await citizen.chooseFiles([try file("x.jpg", Array("not a photo".utf8))], in: "#media")
                try await citizen.wait(until: "document.querySelectorAll('[data-previews] li').length === 1")
                try await citizen.afterLoad { try await citizen.sendForm("\(mark) papan") }
                try await citizen.wait(for: "bukan foto", in: "[data-photos-follow]")
                try await citizen.navigate(to: stage.address + "/")
                try await citizen.wait(for: "bukan foto", in: "[data-mine] li")
            }
        }

        @Test("Without a script photos come with the report, and with what an agency did", arguments: Screen.allCases)
        func unscripted(on screen: Screen) async throws {
            try await Stage.play { stage in
                var settings = screen.settings
                settings.isScripted = false
                let citizen = try await stage.citizen(settings, at: "/lapor?kategori=sampah", expecting: [422])
                func fill() async throws {
                    try await citizen.choose("53.71.03.1010", in: "#area")
                    try await citizen.fill("#description", with: "\(mark) tanpa skrip")
                }
                try await fill()
                try await citizen.chooseFiles([try file("x.gif", Array("GIF89a".utf8))], in: "#media")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                #expect(try await citizen.text(of: "#media-fault").contains("bukan foto"))
                #expect(try await citizen.value(of: "#description") == "\(mark) tanpa skrip")
                let photo = try file("a.jpg", Photographs.withMetadata(Photographs.jpeg))
                try await citizen.chooseFiles([photo], in: "#media")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                let code = try await citizen.text(of: "#code")
                try await waitForPhotos(1, of: code, on: stage)

                let officer = try await stage.citizen(settings, at: "/masuk", named: "officer")
                try await officer.fill("#token", with: try await stage.token(of: "dlhk"))
                try await officer.afterLoad { try await officer.click(".sign-in [type=submit]") }
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                #expect(try await officer.count(of: ".photos img") == 1)
                try await officer.afterLoad { try await officer.click("[data-command=start] button") }
                try await officer.click("[data-command=resolve] summary")
                try await officer.fill("#resolve-note", with: "Sudah diangkut")
                try await officer.chooseFiles([try file("b.png", Photographs.png(640, 480))], in: "#resolve-media")
                try await officer.afterLoad { try await officer.click("[data-command=resolve] [type=submit]") }
                #expect(try await officer.count(of: ".history .photos img") == 1)

                try await citizen.navigate(to: "\(stage.address)/lacak/\(code)")
                try await citizen.wait(until: "[...document.querySelectorAll('.photos img')].length === 2")
                try await citizen.click("details.act summary")
                try await citizen.fill("#reopen-note", with: "Masih ada")
                try await citizen.chooseFiles([try file("c.png", Photographs.png(300, 400))], in: "#reopen-media")
                try await citizen.afterLoad { try await citizen.click("details.act[open] [type=submit]") }
                #expect(try await citizen.count(of: ".photos img") == 3)
                let stranger = try await stage.citizen(settings, at: "/lacak/\(code)", named: "stranger")
                #expect(try await stranger.count(of: ".photos img") == 2)
            }
        }

        @Test("An officer's photo is made small on the phone and sent from the desk's panel")
        func panel() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("iklan_liar", "\(mark) spanduk")
                let officer = try await stage.officer("satpolpp", .desktop)
                try await officer.waitForLiveDesk()
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                try await officer.click("[data-command=comment] summary")
                try await officer.fill("#comment-note", with: "Sudah kami lihat")
                try await officer.chooseFiles([try file("a.png", Photographs.png(2_000, 1_500))], in: "#comment-media")
                try await officer.wait(
                    until: "document.querySelector('#comment-media').files[0]?.type === 'image/jpeg'")
                try await officer.click("[data-command=comment] [type=submit]")
                try await officer.wait(
                    until: "document.querySelector('[data-panel] .history .photos img')?.naturalWidth > 0")
                let history = try await view(of: code, on: stage)["history"]?.elements ?? []
                #expect(history.count { $0["media"] != nil } == 1)
            }
        }
    }
}
