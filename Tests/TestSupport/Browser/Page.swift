package import Domain

/// One page in its own browser context: what it loaded, said and fetched.
package actor Page {
    /// How the page is shown.
    package struct Settings: Sendable {
        package var width = 360
        package var height = 740
        package var isPhone = true
        package var isDark = false
        package var isScripted = true
        package var languages = "id-ID,id"
        /// Degrees and metres; nil: the page may ask, and is refused.
        package var position: (lat: Double, lon: Double, accuracy: Double)?

        package init() {}

        package static var phone: Settings { Settings() }
        package static var desktop: Settings {
            var settings = Settings()
            settings.width = 1280
            settings.height = 800
            settings.isPhone = false
            return settings
        }
    }

    package struct Fetch: Sendable, Hashable {
        package var url: String
        package var status: Int?
        /// Bytes on the wire, headers included; nil while it has not ended.
        package var bytes: Int?
    }

    nonisolated let browser: Browser
    nonisolated let session: String
    nonisolated let context: JSONValue
    /// The document that is shown, by the name of its loading.
    private var shownLoader = ""
    private var loadedLoaders: Set<String> = []
    private var fetches: [String: Fetch] = [:]
    private var fetchOrder: [String] = []
    private var watchers: [Int: CheckedContinuation<Void, any Error>] = [:]
    private var lastWatcher = 0

    /// The ids of service workers' registrations, by their scopes; known once somebody has asked for them.
    var workerRegistrations: [String: String] = [:]

    /// What the page wrote to its console, `type: text`.
    package private(set) var console: [String] = []
    /// Errors on the console, uncaught exceptions, and what the browser itself complained of.
    package private(set) var complaints: [String] = []

    init(browser: Browser, session: String, context: JSONValue) {
        self.browser = browser
        self.session = session
        self.context = context
    }

    package func close() async throws {
        try await browser.close(session, context: context)
    }

    /// What has been fetched, in order of asking.
    package var requests: [Fetch] { fetchOrder.compactMap { fetches[$0] } }

    /// Bytes on the wire so far, headers included, bodies as compressed.
    package var bytesReceived: Int { fetches.values.reduce(0) { $0 + ($1.bytes ?? 0) } }

    package func forgetRequests() {
        fetches = [:]
        fetchOrder = []
    }

    @discardableResult
    package func send(_ method: String, _ parameters: JSONValue = [:]) async throws -> JSONValue {
        try await browser.send(method, parameters, session: session)
    }

    func prepare(_ settings: Settings) async throws {
        for domain in ["Page", "Runtime", "Network", "Log"] { try await send("\(domain).enable") }
        try await send("Page.setLifecycleEventsEnabled", ["enabled": true])
        // Every window counts as looked at, as if each person had a screen of their own.
        try await send("Emulation.setFocusEmulationEnabled", ["enabled": true])
        try await resize(width: settings.width, height: settings.height, isPhone: settings.isPhone)
        try await setDark(settings.isDark)
        try await send("Emulation.setScriptExecutionDisabled", ["value": .bool(!settings.isScripted)])
        try await send("Network.setExtraHTTPHeaders", ["headers": ["Accept-Language": .string(settings.languages)]])
        if let position = settings.position {
            try await setPosition(lat: position.lat, lon: position.lon, accuracy: position.accuracy)
        }
    }

    // MARK: How it is shown

    package func resize(width: Int, height: Int, isPhone: Bool) async throws {
        try await send(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .int(Int64(width)), "height": .int(Int64(height)), "deviceScaleFactor": isPhone ? 2 : 1,
                "mobile": .bool(isPhone),
            ])
    }

    package func setDark(_ isDark: Bool) async throws {
        let feature: JSONValue = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        try await send("Emulation.setEmulatedMedia", ["features": [feature]])
    }

    /// Grants what a page would have to ask for, by the browser's names.
    package func allow(_ permissions: [String]) async throws {
        let names = JSONValue.array(permissions.map(JSONValue.string))
        try await browser.send("Browser.grantPermissions", ["permissions": names, "browserContextId": context])
    }

    /// Puts the phone somewhere, and lets the page know.
    package func setPosition(lat: Double, lon: Double, accuracy: Double = 10) async throws {
        try await allow(["geolocation"])
        try await send(
            "Emulation.setGeolocationOverride",
            ["latitude": .double(lat), "longitude": .double(lon), "accuracy": .double(accuracy)])
    }

    package func setOffline(_ isOffline: Bool) async throws {
        try await send(
            "Network.emulateNetworkConditions",
            ["offline": .bool(isOffline), "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1])
    }

    package func setCookie(_ name: String, _ value: String, url: String) async throws {
        try await send("Network.setCookie", ["name": .string(name), "value": .string(value), "url": .string(url)])
    }

    // MARK: Going somewhere

    /// Goes to an address and waits for its load event.
    package func navigate(to url: String, within bound: Duration = .seconds(15)) async throws {
        let answer = try await send("Page.navigate", ["url": .string(url)])
        if let error = answer["errorText"]?.text { throw Browser.Failure(description: "\(url): \(error)") }
        guard let loader = answer["loaderId"]?.text else { return }  // an anchor of the same page
        try await watch("\(url) to load", within: bound) { $0.loadedLoaders.contains(loader) }
    }

    /// Does something that leads to another page, and waits for that page's load event.
    package func afterLoad(within bound: Duration = .seconds(15), _ act: () async throws -> Void) async throws {
        let before = shownLoader
        try await act()
        try await watch("another page to load", within: bound) {
            $0.shownLoader != before && $0.loadedLoaders.contains($0.shownLoader)
        }
    }

    package func reload() async throws {
        try await afterLoad { try await send("Page.reload") }
    }

    // MARK: What it does

    /// Waits until something the browser tells of has come about.
    func watch(_ what: String, within bound: Duration, _ isMet: (isolated Page) -> Bool) async throws {
        let deadline = ContinuousClock.now + bound
        while !isMet(self) {
            lastWatcher += 1
            let id = lastWatcher
            let timer = Task {
                // pause: the bound of this wait
                try await Task.sleep(until: deadline)
                watchers.removeValue(forKey: id)?
                    .resume(throwing: Browser.Failure(description: "waited \(bound) for \(what); \(complaints)"))
            }
            defer { timer.cancel() }
            try await withCheckedThrowingContinuation { watchers[id] = $0 }
        }
    }

    func receive(_ method: String, _ parameters: JSONValue) {
        switch method {
        case "Page.lifecycleEvent" where parameters["name"]?.text == "load":
            if let loader = parameters["loaderId"]?.text { loadedLoaders.insert(loader) }
        case "Page.frameNavigated":
            guard let frame = parameters["frame"], frame["parentId"] == nil else { break }
            shownLoader = frame["loaderId"]?.text ?? ""
        case "Runtime.consoleAPICalled": noteConsole(parameters)
        case "Runtime.exceptionThrown":
            let details = parameters["exceptionDetails"]
            complaints.append("exception: \(details?["exception"]?["description"]?.text ?? details?.json ?? "")")
        case "Log.entryAdded":
            guard let entry = parameters["entry"], entry["level"]?.text == "error" else { break }
            complaints.append("log: \(entry["text"]?.text ?? "") \(entry["url"]?.text ?? "")")
        case "Network.requestWillBeSent", "Network.responseReceived", "Network.loadingFinished",
            "Network.loadingFailed":
            noteFetch(method, parameters)
        case "ServiceWorker.workerRegistrationUpdated":
            for each in parameters["registrations"]?.elements ?? [] {
                guard let scope = each["scopeURL"]?.text else { continue }
                workerRegistrations[scope] = each["isDeleted"]?.flag == true ? nil : each["registrationId"]?.text
            }
        default: return
        }
        let woken = watchers
        watchers = [:]
        for watcher in woken.values { watcher.resume() }
    }

    private func noteConsole(_ parameters: JSONValue) {
        let type = parameters["type"]?.text ?? ""
        let words = (parameters["args"]?.elements ?? []).map { argument in
            argument["value"].map { $0.text ?? $0.json } ?? argument["description"]?.text ?? ""
        }
        let line = "\(type): \(words.joined(separator: " "))"
        console.append(line)
        if type == "error" || type == "assert" { complaints.append(line) }
    }

    private func noteFetch(_ method: String, _ parameters: JSONValue) {
        guard let id = parameters["requestId"]?.text else { return }
        switch method {
        case "Network.requestWillBeSent":
            if fetches[id] == nil { fetchOrder.append(id) }
            fetches[id] = Fetch(url: parameters["request"]?["url"]?.text ?? "")
        case "Network.responseReceived":
            fetches[id]?.status = parameters["response"]?["status"]?.number.map { Int($0) }
        default:
            fetches[id]?.bytes = Int(parameters["encodedDataLength"]?.number ?? 0)
        }
    }
}
