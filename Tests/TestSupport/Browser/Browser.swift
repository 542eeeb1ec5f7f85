package import Domain
internal import Foundation
internal import Glibc

/// A headless Chromium, driven through its DevTools protocol. Every wait has a bound.
package actor Browser {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let pipe: DevToolsPipe
    private let process: ChildProcess
    private let folder: URL
    private var lastID = 0
    private var answers: [Int: CheckedContinuation<JSONValue, any Error>] = [:]
    private var pages: [String: Page] = [:]
    private var isClosed = false

    /// Starts a browser with a profile of its own, which goes away with it.
    package static func launch() async throws -> Browser {
        signal(SIGPIPE, SIG_IGN)
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (pipe, process) = try DevToolsPipe.launch(command(profile: folder), log: folder.appending(path: "log").path)
        let browser = Browser(pipe: pipe, process: process, folder: folder)
        await browser.listen()
        _ = try await browser.send("Browser.getVersion", within: .seconds(30))
        return browser
    }

    private static func command(profile: URL) -> [String] {
        [
            "chromium", "--headless=new", "--remote-debugging-pipe",
            "--user-data-dir=\(profile.path)", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
            "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--disable-sync",
            "--disable-component-update", "--disable-default-apps", "--disable-breakpad", "--no-proxy-server",
            "--mute-audio", "--password-store=basic", "--force-color-profile=srgb", "--hide-scrollbars",
            "--disable-features=Translate,MediaRouter,OptimizationHints,DialMediaRouteProvider",
        ] + (getuid() == 0 ? ["--no-sandbox"] : []) + ["about:blank"]
    }

    private init(pipe: DevToolsPipe, process: ChildProcess, folder: URL) {
        self.pipe = pipe
        self.process = process
        self.folder = folder
    }

    private func listen() {
        let messages = pipe.messages
        Task {
            for await message in messages { await receive(message) }
            hangUp()
        }
    }

    /// Opens a page in a browser context of its own: no cookies, storage or cache shared with another, unless it is a
    /// window `beside` one of the same person.
    package func newPage(_ settings: Page.Settings = .init(), beside other: Page? = nil) async throws -> Page {
        var context = other?.context ?? .null
        if other == nil { context = try await send("Target.createBrowserContext")["browserContextId"] ?? .null }
        let target = try await send(
            "Target.createTarget", ["url": "about:blank", "browserContextId": context])["targetId"]
        let attached = try await send("Target.attachToTarget", ["targetId": target ?? .null, "flatten": true])
        guard let session = attached["sessionId"]?.text else { throw Failure(description: "no session: \(attached)") }
        let page = Page(browser: self, session: session, context: context)
        pages[session] = page
        try await page.prepare(settings)
        return page
    }

    func close(_ session: String, context: JSONValue) async throws {
        pages[session] = nil
        _ = try await send("Target.disposeBrowserContext", ["browserContextId": context])
    }

    /// Ends the browser; nothing of it stays.
    package func close() async {
        guard !isClosed else { return }
        isClosed = true
        _ = try? await send("Browser.close", within: .seconds(5))
        pipe.hangUp()
        for _ in 0..<100 where !process.hasEnded() {
            // pause: between two looks at a process that is ending, at most 5 s
            try? await Task.sleep(for: .milliseconds(50))
        }
        kill(-process.id, SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    /// One command of the protocol and its answer.
    @discardableResult
    package func send(
        _ method: String, _ parameters: JSONValue = [:], session: String? = nil, within bound: Duration = .seconds(15)
    ) async throws -> JSONValue {
        lastID += 1
        let id = lastID
        var message: [String: JSONValue] = ["id": .int(Int64(id)), "method": .string(method), "params": parameters]
        if let session { message["sessionId"] = .string(session) }
        let timer = Task {
            // pause: the bound of this command
            try await Task.sleep(for: bound)
            answer(id, .failure(Failure(description: "\(method): no answer within \(bound)")))
        }
        defer { timer.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            answers[id] = continuation
            do {
                try pipe.send(JSONValue.object(message).json)
            } catch {
                answer(id, .failure(error))
            }
        }
    }

    private func answer(_ id: Int, _ result: Result<JSONValue, any Error>) {
        answers.removeValue(forKey: id)?.resume(with: result)
    }

    private func receive(_ bytes: [UInt8]) async {
        guard let message = try? JSONValue(parsing: bytes) else { return }
        if let id = message["id"]?.number {
            if let error = message["error"] {
                answer(Int(id), .failure(Failure(description: error["message"]?.text ?? error.json)))
            } else {
                answer(Int(id), .success(message["result"] ?? [:]))
            }
        } else if let session = message["sessionId"]?.text, let method = message["method"]?.text {
            await pages[session]?.receive(method, message["params"] ?? [:])
        }
    }

    private func hangUp() {
        for id in Array(answers.keys) { answer(id, .failure(Failure(description: "the browser ended"))) }
    }
}
