import Domain
import Foundation
import TestSupport
import Testing

/// The driver itself, on pages that stand in an address (`data:`), so that nothing else is needed.
@Suite("Browser driver", .serialized)
struct DriverTests {
    private func page(_ html: String) -> String {
        "data:text/html;charset=utf-8,"
            + html.utf8.map { byte in
                let hex = String(byte, radix: 16)
                return "%" + (hex.count == 1 ? "0" + hex : hex)
            }.joined()
    }

    @Test("A page is read, filled in, clicked and waited for, and its console is heard")
    func actsAsAPerson() async throws {
        let browser = try await Browser.launch()
        let page = try await browser.newPage()
        try await page.navigate(
            to: self.page(
                """
                <meta name=viewport content="width=device-width"><input id=name><button id=go onclick="setTimeout(() => {
                  document.title = document.getElementById('name').value; console.error('oh', 7) }, 50)">Go</button>
                <p>salam</p>
                """))
        #expect(try await page.text(of: "p") == "salam")
        try await page.fill("#name", with: "Oesapa é")
        try await page.click("#go")
        try await page.wait(until: "document.title === 'Oesapa é'")
        #expect(try await page.evaluate("Promise.resolve(window.innerWidth)").number == 360)
        #expect(await page.console == ["error: oh 7"])
        #expect(await page.complaints == ["error: oh 7"])
        await browser.close()
    }

    @Test("Dark mode, a desktop's size and a page without scripts are as asked")
    func settings() async throws {
        let browser = try await Browser.launch()
        var settings = Page.Settings.desktop
        settings.isDark = true
        let dark = try await browser.newPage(settings)
        try await dark.navigate(to: page("<p>a"))
        #expect(try await dark.evaluate("matchMedia('(prefers-color-scheme: dark)').matches").flag == true)
        #expect(try await dark.evaluate("innerWidth").number == 1280)
        settings.isScripted = false
        let unscripted = try await browser.newPage(settings)
        try await unscripted.navigate(to: page("<p>before</p><script>document.querySelector('p').remove()</script>"))
        #expect(try await unscripted.text(of: "p") == "before")
        #expect(try await unscripted.screenshot().starts(with: [0x89, 0x50, 0x4E, 0x47]))
        await browser.close()
    }

    @Test("A wait ends at its bound, and an exception of the page is told")
    func bounds() async throws {
        let browser = try await Browser.launch()
        let page = try await browser.newPage()
        try await page.navigate(to: self.page("<script>throw new Error('broken')</script>"))
        #expect(await page.complaints.contains { $0.contains("broken") })
        await #expect(throws: Browser.Failure.self) {
            try await page.wait(until: "false", within: .milliseconds(200))
        }
        await #expect(throws: Browser.Failure.self) { try await page.evaluate("missing()") }
        await #expect(throws: Browser.Failure.self) { try await page.navigate(to: "http://127.0.0.1:1/") }
        await browser.close()
    }
}
