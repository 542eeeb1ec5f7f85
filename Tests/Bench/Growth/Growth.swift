import Foundation

/// A small store and a large one side by side: what becomes slower as reports gather.
///
/// Each figure is measured on the one and on the other, turn and turn about, so that both meet the same machine; what
/// is printed are the medians of the rounds.
struct Growth {
    let small: Setting
    let large: Setting

    static let rounds = 5
    private var rounds: Int { small.isQuick ? 1 : Self.rounds }

    func measure() async throws -> [Row] {
        for setting in [small, large] {
            setting.say("\(setting.stack.home.lastPathComponent): settling …")
            try await setting.store.settleAll()
        }
        var rows: [Row] = []
        rows += try await queries()
        rows += try await endToEnd()
        rows += try await admissionAndRouting()
        let counts = (try await small.store.reportCount(), try await large.store.reportCount())
        await small.notes.add(
            "growth: the large store's value, the small one's as reference; medians of \(rounds) rounds, turn and turn "
                + "about. What the figures themselves sent is included: at the end \(Table.text(Double(counts.1))) "
                + "reports are stored, and \(Table.text(Double(counts.0))).")
        return rows
    }

    /// Runs `body` on both, round by round.
    private func onBoth<Value>(
        _ what: String, _ body: (Setting) async throws -> Value
    ) async throws -> [(large: Value, small: Value)] {
        var pairs: [(large: Value, small: Value)] = []
        for round in 1...rounds {
            small.say("\(what), round \(round) …")
            // Who goes first changes, too.
            if round.isMultiple(of: 2) {
                let first = try await body(small)
                pairs.append((try await body(large), first))
            } else {
                let first = try await body(large)
                pairs.append((first, try await body(small)))
            }
        }
        return pairs
    }

    private func row(
        _ figure: String, _ pairs: [(large: Double, small: Double)], _ unit: String, target: Target? = nil
    ) -> Row {
        Row(figure, pairs.map(\.large).median, unit, reference: pairs.map(\.small).median, target: target)
    }

    private func latencyRows(_ figure: String, _ pairs: [(large: Histogram, small: Histogram)]) -> [Row] {
        func at(_ share: Double) -> [(large: Double, small: Double)] {
            pairs.map { ($0.large.milliseconds(at: share), $0.small.milliseconds(at: share)) }
        }
        return [
            row("\(figure), p50", at(0.5), "ms"),
            row("\(figure), p99", at(0.99), "ms", target: .ratioAtMost(1.3)),
        ]
    }

    // MARK: The figures

    private func queries() async throws -> [Row] {
        let count = small.isQuick ? 100 : 500
        let (few, many) = (try await StoredWork(of: small), try await StoredWork(of: large))
        var rows: [Row] = []
        for query in DeskQuery.allCases {
            let pairs = try await onBoth(query.rawValue) { setting in
                let work = setting.stack.home == small.stack.home ? few : many
                return try await query.run(count, on: setting.stack, work)
            }
            rows += latencyRows(query.rawValue, pairs)
        }
        return rows
    }

    private func endToEnd() async throws -> [Row] {
        let pairs = try await onBoth("end to end") { setting in
            let stack = setting.stack
            let notifier = try stack.notifier(of: Stack.agency)
            let load = Load(
                posting: .init(
                    port: stack.intake.port, apiKey: stack.credentials.integrator.apiKey, perSecond: 500,
                    seconds: setting.seconds(10, quick: 5)),
                consuming: .init(
                    port: notifier.port, agency: Stack.agency,
                    token: stack.credentials.agencies[Stack.agency]?.token ?? "", consumers: 1))
            let result = try await LoadGenerator.run(load)
            guard result.troubles == nil, result.expected > 0 else {
                throw BenchFailure(result.troubles ?? "no report was accepted")
            }
            try await setting.store.waitUntil("analytics has caught up", within: .seconds(60)) {
                try await setting.store.isFolded()
            }
            return result.delivery
        }
        return latencyRows("end to end at 500/s", pairs)
    }

    /// Intake takes in for some seconds while the others stand still, and then the router alone files what waits.
    private func admissionAndRouting() async throws -> [Row] {
        let pairs = try await onBoth("admission and routing") { setting in
            let stack = setting.stack
            return try await stack.holding([stack.analytics] + stack.notifiers) {
                let admission = AdmissionFigure(setting: setting)
                let admitted = try await stack.holding([stack.routing]) {
                    try await admission.rate(for: setting.seconds(3, quick: 1))
                }
                let routed = try await RoutingFigure(setting: setting).drained()
                return (admitted: admitted, routed: routed)
            }
        }
        return [
            row("admission", pairs.map { ($0.large.admitted, $0.small.admitted) }, "reports/s"),
            row("routing", pairs.map { ($0.large.routed, $0.small.routed) }, "reports/s"),
        ]
    }
}
