import Foundation

/// Events a second to one consumer over ZeroMQ that comes to a long backlog, against libpq reading the same rows.
struct StreamFigure {
    let setting: Setting

    private var events: Int { setting.isQuick ? 50_000 : 500_000 }
    private var pairs: Int { setting.isQuick ? 1 : 3 }

    func measure() async throws -> [Row] {
        let (stack, store) = (setting.stack, setting.store)
        try await store.reset()
        let notifier = try stack.notifier(of: Stack.agency)
        let others = stack.services.filter { $0.name != notifier.name }
        var measured: [(value: Double, reference: Double)] = []
        var bare: [(value: Double, reference: Double)] = []
        try await stack.holding(others) {
            let load = try StreamLoad(stack.credentials.zeromq, agency: Stack.agency)
            let start = try await store.appendBacklog(events: events, to: Stack.agency)
            try await store.settleDisk()
            for pair in 1...pairs {
                let reference = try await setting.noteCores(of: "ZeroMQ stream, pair \(pair), libpq") {
                    try await rate(of: events) { try await store.readStream(of: Stack.agency, after: start) }
                }
                let value = try await setting.noteCores(of: "ZeroMQ stream, pair \(pair)") {
                    try await rate(of: events) { try await load.follow(after: start, events) }
                }
                setting.say("ZeroMQ stream, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) events/s")
                measured.append((value, reference))
                let alone = try await setting.noteCores(of: "ZeroMQ stream, pair \(pair), libzmq alone") {
                    try await rate(of: events / 2) { try await BareStream().follow(events / 2) }
                }
                bare.append((alone, reference))
            }
        }
        await setting.notes.add(
            "ZeroMQ stream: a backlog of \(events) events of about 1.3 kB, over CURVE, with credit for 16,384 events; "
                + "the reference reads the same rows by libpq, 1,000 at a time. The row below it is what libzmq alone "
                + "carries of the same frames, with no store and no notifier: no stream over CURVE can be faster here.")
        return [
            Row("ZeroMQ stream", measured, "events/s", target: .ratioAtLeast(0.6)),
            Row("ZeroMQ stream, libzmq alone", bare, "events/s", target: nil),
        ]
    }

    /// Events a second; all must have come.
    private func rate(of events: Int, _ read: () async throws -> Int) async throws -> Double {
        let began = ContinuousClock.now
        let count = try await read()
        guard count == events else { throw BenchFailure("\(count) of \(events) events came") }
        return Double(count) / (ContinuousClock.now - began).inSeconds
    }
}
