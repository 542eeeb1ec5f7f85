package import Domain
package import Foundation

/// Looking at a page.
extension Page {
    /// The value of a JavaScript expression; a promise is awaited.
    @discardableResult
    package func evaluate(_ expression: String) async throws -> JSONValue {
        let answer = try await send(
            "Runtime.evaluate",
            ["expression": .string(expression), "awaitPromise": true, "returnByValue": true, "userGesture": true])
        if let details = answer["exceptionDetails"] {
            let said = details["exception"]?["description"]?.text ?? details["text"]?.text ?? details.json
            throw Browser.Failure(description: "\(expression): \(said)")
        }
        return answer["result"]?["value"] ?? .null
    }

    /// Waits until a JavaScript expression is true, also across a change of page.
    package func wait(until expression: String, within bound: Duration = .seconds(10)) async throws {
        let deadline = ContinuousClock.now + bound
        var last = "nothing"
        repeat {
            do {
                let value = try await evaluate("(async () => Boolean(await (\(expression))))()")
                if value.flag == true { return }
                last = value.json
            } catch {
                last = "\(error)"
            }
            // pause: between two looks at the page
            try await Task.sleep(for: .milliseconds(20))
        } while ContinuousClock.now < deadline
        let text = (try? await self.text(of: "body")) ?? ""
        throw Browser.Failure(
            description:
                "waited \(bound) for \(expression): \(last); complaints \(complaints); page: \(text.prefix(600))")
    }

    /// The text that a person sees in the first element that fits.
    package func text(of selector: String) async throws -> String {
        let value = try await evaluate("document.querySelector(\(quoted(selector)))?.innerText ?? null")
        guard let text = value.text else { throw Browser.Failure(description: "nothing fits \(selector)") }
        return text
    }

    package func count(of selector: String) async throws -> Int {
        Int(try await evaluate("document.querySelectorAll(\(quoted(selector))).length").number ?? 0)
    }

    package var address: String {
        get async throws { try await evaluate("location.href").text ?? "" }
    }

    /// A picture of what is in view, or of the whole page, as PNG.
    package func screenshot(wholePage: Bool = false) async throws -> Data {
        let answer = try await send(
            "Page.captureScreenshot", ["format": "png", "captureBeyondViewport": .bool(wholePage)])
        guard let encoded = answer["data"]?.text, let data = Data(base64Encoded: encoded) else {
            throw Browser.Failure(description: "no picture")
        }
        return data
    }

    package func screenshot(to path: String, wholePage: Bool = false) async throws {
        try await screenshot(wholePage: wholePage).write(to: URL(filePath: path))
    }

    /// Cookies that an address would get, by name: value, and whether a script can read it.
    package func cookies(of url: String) async throws -> [String: (value: String, isHTTPOnly: Bool)] {
        let answer = try await send("Network.getCookies", ["urls": [.string(url)]])
        return (answer["cookies"]?.elements ?? []).reduce(into: [:]) { cookies, cookie in
            guard let name = cookie["name"]?.text else { return }
            cookies[name] = (cookie["value"]?.text ?? "", cookie["httpOnly"]?.flag ?? false)
        }
    }

    func quoted(_ text: String) -> String { JSONValue.string(text).json }
}
