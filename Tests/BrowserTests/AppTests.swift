import Domain
import TestSupport
import Testing

extension LivePages {
    /// The citizens' pages as an app: installed, and opened without a line.
    @Suite("The app")
    struct AppTests {
        @Test("The pages can be installed, in either language", arguments: ["id", "en"])
        func manifest(language: String) async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/?lang=\(language)")
                try await citizen.waitForWorker()
                let manifest = try await citizen.evaluate(
                    "fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())")
                #expect(manifest["lang"]?.text == language)
                #expect(manifest["name"]?.text == (language == "id" ? "Sasando Kota Kupang" : "Sasando Kupang City"))
                let purposes = manifest["icons"]?.elements.compactMap { $0["purpose"]?.text } ?? []
                #expect(purposes == ["any", "maskable"])
                for icon in manifest["icons"]?.elements.compactMap({ $0["src"]?.text }) ?? [] {
                    #expect(try await citizen.evaluate("fetch('\(icon)').then(({ status }) => status)").number == 200)
                }
                let read = try await citizen.send("Page.getAppManifest")
                #expect(read["errors"]?.elements.isEmpty == true, "\(read.json)")
                // A window without a history of its own is never offered to install; nothing else may be missing.
                let lacks = try await citizen.send("Page.getInstallabilityErrors")["installabilityErrors"]?.elements
                    .compactMap { $0["errorId"]?.text }.filter { $0 != "in-incognito" }
                #expect(lacks == [], "\(lacks ?? [])")
            }
        }

        @Test("Desks and the dashboard bring no worker and no manifest", arguments: ["dlhk", "operator"])
        func staff(holder: String) async throws {
            try await Stage.play { stage in
                let officer = try await stage.officer(holder, .desktop)
                #expect(try await officer.count(of: "link[rel=manifest]") == 0)
                let workers = try await officer.evaluate(
                    "navigator.serviceWorker.getRegistrations().then(({ length }) => length)")
                #expect(workers.number == 0)
            }
        }

        @Test("Home and the form open with the line cut, whole and with a quiet notice", arguments: Screen.allCases)
        func opensWithoutLine(on screen: Screen) async throws {
            try await Stage.play { stage, line in
                let citizen = try await stage.citizen(screen.settings, by: line)
                try await citizen.waitForWorker()
                try await citizen.lose(line)
                try await citizen.navigate(to: line.address + "/")
                #expect(try await citizen.isVisible("[data-offline]"))
                try await citizen.wait(until: "document.querySelector('[data-nothing]').checkVisibility()")
                try await citizen.afterLoad { try await citizen.click("a.tile[href='/lapor?kategori=sampah']") }
                #expect(try await citizen.isVisible("[data-offline]"))
                // What the address names is chosen, though the page is the plain one.
                try await citizen.wait(until: "document.querySelector('#k-sampah').checked")
                try await citizen.choose("53.71.03.1010", in: "#area")
                try await citizen.click("[data-step=di-mana] [data-next]")
                #expect(try await citizen.isVisible("#description"))
                // A page that needs the line leads to what this phone has.
                try await citizen.navigate(to: line.address + "/lacak/KPG-7H2K9M4QXPA")
                #expect(try await citizen.address == line.address + "/")
            }
        }

        @Test("Nothing that is somebody's own is in a cache, and nothing of an earlier version")
        func privacy() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/masuk")
                try await citizen.evaluate(
                    "caches.open('sasando-0').then((cache) => cache.put('/k/old', new Response('old')))")
                try await citizen.navigate(to: stage.address + "/lapor?kategori=orang_hilang")
                try await citizen.waitForWorker()
                try await citizen.afterLoad { try await citizen.sendForm("Kakek berbaju putih belum pulang") }
                let code = try await citizen.text(of: "#code")
                try await citizen.afterLoad { try await citizen.click("a[href='/lacak/\(code)'].main") }
                #expect(try await citizen.text(of: ".text") == "Kakek berbaju putih belum pulang")
                for path in ["/", "/lapor", "/lacak", "/masuk"] {
                    try await citizen.navigate(to: stage.address + path)
                }
                let paths = try await citizen.cachedPaths()
                #expect(paths.contains("/") && paths.contains("/lapor"))
                let others = paths.filter { $0 != "/" && $0 != "/lapor" && !$0.hasPrefix("/assets/") }
                #expect(others.isEmpty, "\(others)")
                let isNamed = try await citizen.evaluate(
                    """
                    caches.keys().then(([name]) => caches.open(name)).then((cache) => Promise.all(
                      ['/', '/lapor'].map((path) => cache.match(path).then((page) => page.text()))))
                      .then((texts) => texts.some((text) => text.includes('\(code)') || text.includes('/k/')))
                    """)
                #expect(isNamed.flag == false)
            }
        }

        @Test("The language that was chosen is the one that opens without a line")
        func language() async throws {
            try await Stage.play { stage, line in
                let citizen = try await stage.citizen(.phone, by: line)
                try await citizen.waitForWorker()
                try await citizen.afterLoad { try await citizen.click(".language") }
                let kept = """
                    caches.keys().then(([name]) => caches.open(name)).then((cache) => cache.match('/lapor'))
                      .then((page) => page.text()).then((text) => text.includes('<html lang="en">'))
                    """
                try await citizen.waitForTruth(of: kept)
                try await citizen.lose(line)
                try await citizen.navigate(to: line.address + "/lapor")
                #expect(try await citizen.evaluate("document.documentElement.lang").text == "en")
            }
        }
    }
}
