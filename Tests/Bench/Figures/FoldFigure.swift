/// How fast analytics catches up with a backlog of events.
struct FoldFigure {
    let setting: Setting

    private var events: Int { setting.isQuick ? 20_000 : 200_000 }

    func measure() async throws -> [Row] {
        let stack = setting.stack
        let store = setting.store
        try await store.reset()
        let rate = try await stack.holding([stack.intake, stack.routing] + stack.notifiers) {
            stack.analytics.stop()
            defer { stack.analytics.proceed() }
            try await store.appendLifeCycles(reports: events / 4)
            try await store.settleDisk()
            return try await setting.noteCores(of: "fold") {
                let start = ContinuousClock.now
                stack.analytics.proceed()
                try await store.waitUntil("analytics has folded all", within: .seconds(300)) {
                    try await store.isFolded()
                }
                return Double(events) / (ContinuousClock.now - start).inSeconds
            }
        }
        await setting.notes.add(
            "fold: reports assigned, acknowledged, started and resolved, on seven agencies' streams.")
        return [Row("fold", rate, "events/s", target: .atLeast(30_000))]
    }
}
