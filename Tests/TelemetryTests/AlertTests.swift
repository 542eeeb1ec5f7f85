import Foundation
import Telemetry
import TestSupport
import Testing

/// The rules by which Prometheus calls an operator.
@Suite struct AlertTests {
    private static let operations: URL = {
        var repository = URL(filePath: #filePath)
        for _ in 0..<3 { repository.deleteLastPathComponent() }
        return repository.appending(path: "ops")
    }()
    private static let rules = operations.appending(path: "docker/alerts.yml")

    @Test func `every metric stands in the table that operators read`() throws {
        let text = try String(contentsOf: Self.operations.appending(path: "ARCHITECTURE.md"), encoding: .utf8)
        for name in MetricName.allCases {
            #expect(text.contains("`\(name.rawValue.dropFirst("sasando_".count))`"), "\(name.rawValue)")
        }
    }

    @Test func `promtool can read the rules, and each says what to do`() throws {
        let verdict = try Promtool.check(["check", "rules", Self.rules.path])
        #expect(verdict.code == 0, "\(verdict.said)")
        let text = try String(contentsOf: Self.rules, encoding: .utf8)
        let count = text.matches(of: /- alert:/).count
        #expect(count > 10)
        for member in ["expr:", "summary:", "action:", "severity: (page|tell)"] {
            #expect(text.matches(of: try Regex(member)).count == count, "\(member)")
        }
    }

    @Test func `they ask for metrics that there are, by labels of ours`() throws {
        let text = try String(contentsOf: Self.rules, encoding: .utf8)
        let known = Set(MetricName.allCases.map(\.rawValue))
        let asked = Set(text.matches(of: /sasando_[a-z_]+/).map { String($0.output) })
            .map { $0.hasSuffix("_bucket") ? String($0.dropLast(7)) : $0 }
        #expect(asked.count > 10)
        for name in asked { #expect(known.contains(name), "\(name)") }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let alert: String
        let series: String
        let values: String
        /// Whether the alert fires after five minutes.
        let fires: Bool

        var testDescription: String { "\(alert) \(fires ? "fires" : "is silent"): \(values)" }
    }

    @Test(arguments: [
        Case(alert: "InboxOld", series: "sasando_inbox_oldest_age_seconds", values: "0+15x40", fires: true),
        Case(alert: "InboxOld", series: "sasando_inbox_oldest_age_seconds", values: "2x40", fires: false),
        Case(
            alert: "DeadlinesMissed", series: #"sasando_deadlines_missed_total{agency="dlhk"}"#, values: "0+1x40",
            fires: true),
        Case(
            alert: "DeadlinesMissed", series: #"sasando_deadlines_missed_total{agency="dlhk"}"#, values: "70x40",
            fires: false),
        Case(
            alert: "TimersLate", series: #"sasando_deadlines_due_age_seconds{jurisdiction="kupang"}"#,
            values: "0+15x40", fires: true),
        Case(
            alert: "StreamLag", series: #"sasando_stream_lag_events{agency="dlhk",consumer="sse"}"#, values: "5000x40",
            fires: true),
        Case(
            alert: "StreamLag", series: #"sasando_stream_lag_events{agency="dlhk",consumer="sse"}"#,
            values: "5000x5 0x35", fires: false),
        Case(
            alert: "NotifierMissing", series: #"sasando_notifiers{agency="dlhk",jurisdiction="kupang"}"#,
            values: "1x5 0x35", fires: true),
        Case(
            alert: "NotifierMissing", series: #"sasando_notifiers{agency="dlhk",jurisdiction="kupang"}"#,
            values: "1x40", fires: false),
        Case(
            alert: "StoreAway", series: #"sasando_store_connects_total{instance="a",outcome="failed"}"#,
            values: "0+3x40", fires: true),
        Case(
            alert: "StoreAway", series: #"sasando_store_connects_total{instance="a",outcome="failed"}"#, values: "3x40",
            fires: false),
        Case(
            alert: "IngressRepliesDropped",
            series: #"sasando_ingress_replies_total{instance="a",outcome="dropped"}"#, values: "0x5 30x35",
            fires: true),
        Case(
            alert: "IngressRepliesDropped",
            series: #"sasando_ingress_replies_total{instance="a",outcome="gone"}"#, values: "0x5 30x35", fires: false),
        Case(
            alert: "RoutingMissing", series: #"sasando_deadlines_due{jurisdiction="kupang"}"#, values: "0x5",
            fires: false),
        Case(alert: "RoutingMissing", series: "up", values: "1x40", fires: true),
    ])
    func `an alert fires when it should, and only then`(wanted: Case) throws {
        let at = wanted.alert == "RoutingMissing" && !wanted.fires ? "1m" : "5m"
        let test = """
            rule_files: ["\(Self.rules.path)"]
            evaluation_interval: 15s
            tests:
              - interval: 15s
                input_series:
                  - series: '\(wanted.series)'
                    values: '\(wanted.values)'
                promql_expr_test:
                  - expr: count(ALERTS{alertname="\(wanted.alert)",alertstate="firing"}) or vector(0)
                    eval_time: \(at)
                    exp_samples: [{labels: '{}', value: \(wanted.fires ? 1 : 0)}]
            """
        let file = FileManager.default.temporaryDirectory.appending(path: "alerts-\(UUID().uuidString).yml")
        try Data(test.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let verdict = try Promtool.check(["test", "rules", file.path])
        #expect(verdict.code == 0, "\(verdict.said)")
    }
}
