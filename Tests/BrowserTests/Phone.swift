import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// What a phone does with the citizens' pages as an app, and what it keeps.
extension Page {
    /// Waits until the pages open without a line from now on.
    func waitForWorker() async throws {
        try await wait(until: "navigator.serviceWorker.controller?.state === 'activated'", within: .seconds(20))
    }

    /// The line goes or comes, and the phone notices.
    func lose(_ line: Line) async throws {
        line.cut()
        try await setOffline(true)
    }

    func find(_ line: Line) async throws {
        line.restore()
        try await setOffline(false)
    }

    /// Goes to an address from a page whose report may be sent this moment, so that the page goes on by itself.
    func arrive(at url: String) async throws {
        for _ in 1...3 {
            try? await navigate(to: url, within: .seconds(5))
            if (try? await address) == url { return }
        }
        try await navigate(to: url)
    }

    /// Fills the form in, whose category stands in the address, and sends it, as fast as a script can.
    func sendForm(_ description: String, fields: [String: String] = [:]) async throws {
        try await wait(until: "document.querySelector('main.stepwise [name=category]:checked')")
        var values = fields
        values["description"] = description
        values["area"] = "53.71.03.1010"
        let object = JSONValue.object(values.mapValues(JSONValue.string)).json
        try await evaluate(
            """
            (() => { const form = document.querySelector('[data-report]');
              for (const [name, value] of Object.entries(\(object))) form.elements[name].value = value;
              form.requestSubmit(); })()
            """)
    }

    /// Waits until the form's draft is kept with these words; that takes the phone half a second.
    func waitForDraft(saying words: String) async throws {
        let kept = """
            new Promise((resolve) => { const opening = indexedDB.open('sasando');
              opening.onerror = () => resolve(false);
              opening.onsuccess = () => {
                const draft = opening.result.transaction('drafts').objectStore('drafts').get('form');
                draft.onsuccess = () => { opening.result.close();
                  resolve(draft.result?.fields.description === \(JSONValue.string(words).json)); }; }; })
            """
        try await waitForTruth(of: kept)
    }

    /// The reports on this phone.
    func keptReports() async throws -> [JSONValue] {
        try await evaluate(
            """
            new Promise((resolve) => { const opening = indexedDB.open('sasando', 2);
              opening.onupgradeneeded = () => opening.transaction.abort();
              opening.onerror = () => resolve([]);
              opening.onsuccess = () => {
                const all = opening.result.transaction('reports').objectStore('reports').getAll();
                all.onsuccess = () => { opening.result.close(); resolve(all.result); }; }; })
            """
        ).elements
    }

    /// Waits until so many reports of this phone are in a state.
    func wait(for count: Int, _ state: String, within bound: Duration = .seconds(30)) async throws {
        let deadline = ContinuousClock.now + bound
        while true {
            let states = (try? await keptReports())?.map { $0["state"]?.text ?? "" } ?? []
            if states.count(where: { $0 == state }) == count { return }
            try #require(ContinuousClock.now < deadline, "not \(count) \(state), but \(states)")
            // pause: between two looks at what the phone keeps
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Waits until this phone has kept so many reports, whatever has become of them.
    func waitForKept(_ count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(15)
        while (try? await keptReports().count) ?? 0 < count {
            try #require(ContinuousClock.now < deadline, "the phone did not keep report \(count)")
            // pause: between two looks at what the phone keeps
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits until a promise of the page gives true.
    func waitForTruth(of promise: String) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try await evaluate(promise).flag != true {
            try #require(ContinuousClock.now < deadline, "never true: \(promise)")
            // pause: between two looks at the page
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The addresses that this phone keeps, without their origin.
    func cachedPaths() async throws -> [String] {
        try await evaluate(
            """
            caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name))))
              .then((all) => Promise.all(all.map((cache) => cache.keys())))
              .then((all) => all.flat().map(({ url }) => url.slice(location.origin.length)))
            """
        ).elements.compactMap(\.text)
    }
}

extension Stage {
    /// How often each report has come to an agency, by what it says: every event of its stream that assigns one whose
    /// description begins so.
    func arrivals(at agency: String, saying beginning: String) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        var next: String? = "/v1/agencies/\(agency)/events?limit=1000"
        while let path = next {
            var request = try HTTPClient.Request(url: address + path)
            request.headers.add(name: "Authorization", value: "Bearer \(try token(of: agency))")
            let response = try await HTTPClient.shared.execute(request: request, deadline: .now() + .seconds(15)).get()
            let events = try JSONValue(parsing: response.body.map { Array($0.readableBytesView) } ?? []).elements
            for event in events where event["type"]?.text == "sasando.report.assigned" {
                guard let words = event["data"]?["report"]?["description"]?.text, words.hasPrefix(beginning) else {
                    continue
                }
                counts[words, default: 0] += 1
            }
            let link = response.headers.first(name: "Link")?.firstMatch(of: /<([^>]*)>/).map { String($0.output.1) }
            next = events.isEmpty ? nil : link
        }
        return counts
    }

    /// Waits until so many different ones have arrived, and gives how often each did.
    func waitForArrivals(_ count: Int, at agency: String, saying beginning: String) async throws -> [String: Int] {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let arrived = try await arrivals(at: agency, saying: beginning)
            if arrived.count >= count { return arrived }
            try #require(ContinuousClock.now < deadline, "only \(arrived.count) of \(count) arrived")
            // pause: between two looks at the stream
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
