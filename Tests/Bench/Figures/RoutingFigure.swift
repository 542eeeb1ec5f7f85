/// How fast one router empties an inbox of 50,000, against one statement of the server that files the same rows.
struct RoutingFigure {
    let setting: Setting

    private var reports: Int { setting.isQuick ? 5_000 : 50_000 }
    private var pairs: Int { setting.isQuick ? 1 : 3 }

    func measure() async throws -> [Row] {
        let stack = setting.stack
        let store = setting.store
        try await store.reset()
        // Who reads the streams stands still on both sides of a pair: the figure is routing's.
        let measured = try await stack.holding([stack.intake, stack.analytics] + stack.notifiers) {
            var measured: [(value: Double, reference: Double)] = []
            for pair in 1...pairs {
                let value = try await drained(by: stack.routing)
                let reference = try await stack.holding([stack.routing]) {
                    try await store.keepRouted()
                    try await store.settleDisk()
                    return try await timed { try await store.fileKept() }
                }
                setting.say("routing, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) reports/s")
                measured.append((value, reference))
                try await store.emptyRouted()
            }
            try await store.dropKept()
            return measured
        }
        await setting.notes.add(
            "routing: the reference files the very rows that the router filed before, ready made; intake, the notifiers "
                + "and analytics stand still on both sides.")
        return [Row("routing", measured, "reports/s", target: .ratioAtLeast(0.3))]
    }

    private func drained(by router: ServiceProcess) async throws -> Double {
        router.stop()
        defer { router.proceed() }
        try await setting.store.fillInbox(reports)
        try await setting.store.settleDisk()
        return try await setting.noteCores(of: "routing") {
            router.proceed()
            return try await drained()
        }
    }

    /// Reports a second until the inbox is empty, while the router works or is about to.
    func drained() async throws -> Double {
        let store = setting.store
        let waiting = try await store.inboxCount()
        // A router that stood still may first finish a wait of up to a second: the clock runs from its first claim.
        var left = waiting
        try await store.waitUntil("the router has begun", within: .seconds(10)) {
            left = try await store.inboxCount()
            return left < waiting || left == 0
        }
        let start = ContinuousClock.now
        try await store.waitUntil("the inbox is empty", within: .seconds(120)) { try await store.isInboxEmpty() }
        return Double(left) / (ContinuousClock.now - start).inSeconds
    }

    private func timed(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        return Double(reports) / (ContinuousClock.now - start).inSeconds
    }
}
