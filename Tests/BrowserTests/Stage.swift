import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// How large a person's window is.
enum Screen: CaseIterable, Sendable {
    case phone, desktop

    var settings: Page.Settings { self == .phone ? .phone : .desktop }
}

/// A whole Sasando for all tests of this target, which goes away with the process.
enum LiveCity {
    private static let starting = Task { try await Stack.start() }

    static var stack: Stack { get async throws { try await starting.value } }
}

/// One play: a browser, and the people who have a window in it, each with cookies of their own.
///
/// When a scene fails, what every window showed is told, and their pictures are kept. When it succeeds, no window may
/// have complained: no error on a console, no breach of the content security policy.
actor Stage {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    fileprivate struct Window {
        let person: String
        let page: Page
        /// Statuses of answers that this person is meant to meet.
        let expecting: Set<Int>
        /// Whether the line may go: the browser notes that as an error too.
        let losesLine: Bool
    }

    static let oesapa = (lat: -10.1485, lon: 123.6475, accuracy: 12.0)

    nonisolated let stack: Stack
    nonisolated let address: String
    private let browser: Browser
    private var windows: [Window] = []

    static func play(_ scene: (Stage) async throws -> Void) async throws {
        let stage = Stage(stack: try await LiveCity.stack, browser: try await Browser.launch())
        do {
            try await scene(stage)
            try await stage.expectQuiet()
        } catch {
            let seen = await stage.whatWasSeen()
            await stage.browser.close()
            throw Failure(description: "\(error)\n\(seen)")
        }
        await stage.browser.close()
    }

    /// The same with a line between the phones and the front door, which goes with the play.
    static func play(_ scene: (Stage, Line) async throws -> Void) async throws {
        try await play { stage in
            let line = try Line(to: stage.address)
            defer { line.stop() }
            try await scene(stage, line)
        }
    }

    private init(stack: Stack, browser: Browser) {
        self.stack = stack
        self.browser = browser
        address = stack.frontDoor
    }

    // MARK: People

    /// Somebody without a name or a token.
    ///
    /// - Parameters:
    ///   - line: by which one, where it is to be cut.
    ///   - other: a window of the same person, with the same cookies and store.
    func citizen(
        _ settings: Page.Settings, at path: String = "/", expecting: Set<Int> = [], named name: String = "citizen",
        by line: Line? = nil, beside other: Page? = nil
    ) async throws -> Page {
        let page = try await open(name, settings, expecting, losesLine: line != nil, beside: other)
        try await page.navigate(to: (line?.address ?? address) + path)
        return page
    }

    /// Somebody who holds an agency's token, or `operator` the city's, and is signed in.
    func officer(
        _ holder: String, _ settings: Page.Settings, at path: String? = nil, expecting: Set<Int> = [],
        named name: String? = nil
    ) async throws -> Page {
        let page = try await open(name ?? holder, settings, expecting)
        for (name, value) in try await Sessions.shared.cookies(of: holder, on: self) {
            try await page.setCookie(name, value, url: address)
        }
        try await page.navigate(to: address + (path ?? (holder == "operator" ? "/dashboard" : "/desk/\(holder)")))
        return page
    }

    func token(of holder: String) throws -> String {
        if holder == "operator" { return stack.credentials.operatorToken }
        return try #require(stack.credentials.agencyTokens[holder])
    }

    private func open(
        _ person: String, _ settings: Page.Settings, _ expecting: Set<Int>, losesLine: Bool = false,
        beside other: Page? = nil
    ) async throws -> Page {
        let page = try await browser.newPage(settings, beside: other)
        windows.append(Window(person: person, page: page, expecting: expecting, losesLine: losesLine))
        return page
    }

    /// Sends a report by the door for programs, as a citizen does, and gives its receipt.
    func report(
        _ category: String?, _ description: String, area: String = "53.71.03.1010"
    ) async throws -> (code: String, link: String) {
        var members: [String: JSONValue] = ["description": .string(description), "area": .string(area)]
        if let category { members["category"] = .string(category) }
        var request = try HTTPClient.Request(url: "\(address)/v1/reports", method: .POST)
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Idempotency-Key", value: UUID().uuidString.lowercased())
        request.body = .string(JSONValue.object(members).json)
        let response = try await HTTPClient.shared.execute(request: request, deadline: .now() + .seconds(15)).get()
        let body = response.body.map { Array($0.readableBytesView) } ?? []
        let receipt = try JSONValue(parsing: body)
        guard response.status == .created, let code = receipt["tracking_code"]?.text,
            let link = receipt["links"]?["manage"]?.text
        else { throw Failure(description: "POST /v1/reports: \(response.status) \(receipt.json)") }
        return (code, link)
    }

    // MARK: What was seen

    private func expectQuiet() async throws {
        for window in windows {
            let complaints = await window.page.complaints.filter { !window.isExpected($0) }
            guard complaints.isEmpty else {
                throw Failure(description: "\(window.person)'s window complains: \(complaints)")
            }
        }
    }

    private func whatWasSeen() async -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-seen-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var told: [String] = []
        for (index, window) in windows.enumerated() {
            let picture = folder.appending(path: "\(index)-\(window.person).png").path
            let isDrawn: Void? = try? await window.page.screenshot(to: picture, wholePage: true)
            let text = (try? await window.page.text(of: "body")) ?? "nothing"
            let (address, complaints) = ((try? await window.page.address) ?? "?", await window.page.complaints)
            told.append(
                """
                \(window.person) was at \(address), picture \(isDrawn == nil ? "none" : picture), heard \(complaints):
                \(text.prefix(1_200))
                """)
        }
        return told.joined(separator: "\n")
    }
}

extension Stage.Window {
    /// The browser notes an answer of 4xx as an error of its own.
    fileprivate func isExpected(_ complaint: String) -> Bool {
        losesLine && complaint.contains("net::ERR_")
            || expecting.contains { complaint.contains("the server responded with a status of \($0) ") }
    }
}

/// Signs each holder of a token in once, as a person does; attempts from one address are counted.
private actor Sessions {
    static let shared = Sessions()
    private var known: [String: [String: String]] = [:]

    func cookies(of holder: String, on stage: Stage) async throws -> [String: String] {
        if let cookies = known[holder] { return cookies }
        let page = try await stage.citizen(.desktop, at: "/masuk", named: "\(holder) signing in")
        try await page.fill("#token", with: try await stage.token(of: holder))
        try await page.afterLoad { try await page.click(".sign-in [type=submit]") }
        let cookies = try await page.cookies(of: stage.address).mapValues(\.value)
        known[holder] = cookies
        return cookies
    }
}
