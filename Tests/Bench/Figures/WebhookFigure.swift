/// Signed deliveries a second to 50 endpoints on loopback, from a backlog; and how many go on beside an endpoint that never
/// answers.
struct WebhookFigure {
    let setting: Setting
    /// The endpoints of each agency; one agency has at most 20.
    private static let spread = [("dlhk", 20), ("dishub", 20), ("pupr", 10)]
    private static let fewer = 10

    private var seconds: Int { setting.seconds(10, quick: 3) }
    private var pairs: Int { setting.isQuick ? 1 : 3 }

    func measure() async throws -> [Row] {
        let stack = setting.stack
        try await setting.store.reset()
        let sink = try WebhookSink()
        defer { sink.stop() }
        let others = stack.notifiers.filter { notifier in
            !Self.spread.contains { notifier.name == "notifier-\($0.0)" }
        }
        var (rates, beside): ([Double], [(value: Double, reference: Double)]) = ([], [])
        try await stack.holding([stack.intake, stack.routing, stack.analytics] + others) {
            for run in 1...pairs {
                let rate = try await setting.noteCores(of: "webhooks, run \(run)") {
                    try await deliveries(Self.spread, dead: false, to: sink)
                }
                setting.say("webhooks, run \(run): \(Table.text(rate)) deliveries/s")
                rates.append(rate)
                // Whichever comes first has it a little different, so they take turns.
                let (one, isDeadFirst) = ([(Stack.agency, Self.fewer)], run.isMultiple(of: 2))
                let first = try await deliveries(one, dead: isDeadFirst, to: sink)
                let second = try await deliveries(one, dead: !isDeadFirst, to: sink)
                let (value, reference) = isDeadFirst ? (first, second) : (second, first)
                setting.say("webhooks beside a dead one: \(Table.text(value)) of \(Table.text(reference))")
                beside.append((value, reference))
            }
        }
        try await setting.store.reset()
        await setting.notes.add(
            "webhooks: 50 endpoints of three agencies, from a backlog, each event signed and in order, over connections "
                + "that are kept; the receiver shares the machine. Beside a dead one: 10 endpoints of one agency, with "
                + "and without one more that never answers.")
        return [
            Row("webhooks", rates.median, "deliveries/s", target: .atLeast(2_000)),
            Row("webhooks beside a dead endpoint", beside, "deliveries/s", target: .ratioAtLeast(0.9)),
        ]
    }

    /// Deliveries a second while there is something to deliver, for as long as a run takes.
    private func deliveries(_ spread: [(String, Int)], dead: Bool, to sink: WebhookSink) async throws -> Double {
        let doors = try spread.map { (try WebhookDoor(setting.stack, of: $0.0), $0.1) }
        for (door, count) in doors {
            for number in 0..<count { try await door.add("http://127.0.0.1:\(sink.port)/live/\(number)") }
            if dead { try await door.add("http://127.0.0.1:\(sink.port)/dead") }
        }
        let endpoints = spread.reduce(0) { $0 + $1.1 }
        // More than can be delivered in the time, with room for a fast machine.
        let events = seconds * 20_000 / endpoints
        let before = sink.count
        try await setting.store.appendEvents(events, to: spread.map(\.0))
        try await setting.store.waitUntil("the first deliveries", within: .seconds(20)) { sink.count > before }
        let (began, first) = (ContinuousClock.now, sink.count)
        let end = began + .seconds(seconds)
        while ContinuousClock.now < end, sink.count - before < events * endpoints {
            // pause: between two looks at the count
            try await Task.sleep(for: .milliseconds(20))
        }
        let rate = Double(sink.count - first) / (ContinuousClock.now - began).inSeconds
        for (door, _) in doors { try await door.removeAll() }
        return rate
    }
}
