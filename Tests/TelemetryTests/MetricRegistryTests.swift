import CoreMetrics
import Foundation
import TestSupport
import Testing

@testable import Telemetry

private func lines(_ registry: MetricRegistry, with prefix: String) -> [String] {
    String(decoding: registry.exposition(), as: UTF8.self).split(separator: "\n").map(String.init)
        .filter { $0.hasPrefix(prefix) || $0.hasPrefix("# HELP \(prefix)") || $0.hasPrefix("# TYPE \(prefix)") }
}

@Suite struct MetricRegistryTests {
    @Test func `A counter counts, under one header for all its labels`() {
        let registry = MetricRegistry()
        let ok = Counter(label: "demo_total", dimensions: [("b", "2"), ("a", "1")], factory: registry)
        ok.increment()
        ok.increment(by: 4)
        Counter(label: "demo_total", dimensions: [("a", "0"), ("b", "2")], factory: registry).increment()
        #expect(
            lines(registry, with: "demo") == [
                "# HELP demo_total demo_total", "# TYPE demo_total counter",
                #"demo_total{a="0",b="2"} 1"#, #"demo_total{a="1",b="2"} 5"#,
            ])
    }

    @Test func `Two handles with the same labels are one series`() {
        let registry = MetricRegistry()
        for _ in 0..<3 { Counter(label: "same_total", dimensions: [("a", "1")], factory: registry).increment() }
        #expect(lines(registry, with: "same_total{") == [#"same_total{a="1"} 3"#])
    }

    @Test func `A timer is a histogram in seconds whose buckets add up`() {
        let registry = MetricRegistry()
        let timer = CoreMetrics.Timer(label: "work_seconds", factory: registry)
        for nanoseconds: Int64 in [400_000, 500_000, 3_000_000, 60_000_000_000] {
            timer.recordNanoseconds(nanoseconds)
        }
        let lines = lines(registry, with: "work")
        #expect(lines.contains("# TYPE work_seconds histogram"))
        // A bound belongs to its own bucket.
        #expect(lines.contains(#"work_seconds_bucket{le="0.0005"} 2"#))
        #expect(lines.contains(#"work_seconds_bucket{le="0.0025"} 2"#))
        #expect(lines.contains(#"work_seconds_bucket{le="0.005"} 3"#))
        #expect(lines.contains(#"work_seconds_bucket{le="30"} 3"#))
        #expect(lines.contains(#"work_seconds_bucket{le="+Inf"} 4"#))
        #expect(lines.contains("work_seconds_count 4"))
        #expect(lines.contains("work_seconds_sum 60.0039"))
    }

    @Test func `A gauge goes up and down`() {
        let registry = MetricRegistry()
        let meter = Meter(label: "open", factory: registry)
        meter.set(5)
        meter.increment(by: 2)
        meter.decrement()
        #expect(lines(registry, with: "open").last == "open 6")
    }

    @Test func `Label values are escaped, and names cleaned`() {
        let registry = MetricRegistry()
        Counter(label: "9odd-name", dimensions: [("a.b", "x\"y\\z\nw")], factory: registry).increment()
        #expect(lines(registry, with: "_9odd_name_total{") == [#"_9odd_name_total{a_b="x\"y\\z\nw"} 1"#])
    }

    @Test func `Label sets beyond the limit share one series`() {
        let registry = MetricRegistry()
        let count = MetricRegistry.seriesLimit + 250
        for index in 0..<count {
            Counter(label: "wide_total", dimensions: [("id", "\(index)")], factory: registry).increment()
        }
        let samples = lines(registry, with: "wide_total{")
        #expect(samples.count == MetricRegistry.seriesLimit + 1)
        #expect(samples.contains(#"wide_total{id="overflow"} 250"#))
        // A series that was known before goes on by itself.
        Counter(label: "wide_total", dimensions: [("id", "0")], factory: registry).increment()
        #expect(lines(registry, with: "wide_total{").contains(#"wide_total{id="0"} 2"#))
    }

    @Test func `One name is never exposed as two kinds`() {
        let registry = MetricRegistry()
        Meter(label: "both_total", factory: registry).set(1)
        Counter(label: "both_total", factory: registry).increment(by: 9)
        #expect(
            lines(registry, with: "both_total") == [
                "# HELP both_total both_total", "# TYPE both_total gauge", "both_total 1",
            ])
    }

    @Test func `Nothing is lost when threads count together`() async {
        let registry = MetricRegistry()
        let counter = Counter(label: "race_total", factory: registry)
        let recorder = Recorder(label: "race_size", dimensions: [], aggregate: true, factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 {
                        counter.increment()
                        recorder.record(2)
                    }
                }
            }
        }
        #expect(lines(registry, with: "race_total").last == "race_total 40000")
        #expect(lines(registry, with: "race_size_sum") == ["race_size_sum 80000"])
        #expect(lines(registry, with: "race_size_count") == ["race_size_count 40000"])
    }

    @Test func `A destroyed series is gone`() {
        let registry = MetricRegistry()
        let counter = Counter(label: "short_total", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(lines(registry, with: "short_total").isEmpty)
    }

    @Test func `The process's own measures are there and make sense`() throws {
        let registry = MetricRegistry()
        func value(_ name: String) throws -> Double {
            let line = try #require(lines(registry, with: name + " ").last, "\(name)")
            return try #require(Double(line.dropFirst(name.count + 1)))
        }
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try value("process_cpu_seconds_total") > 0)
        #expect(try value("process_open_fds") >= 3)
        #expect(try value("process_max_fds") >= 256)
        let age = Date().timeIntervalSince1970 - (try value("process_start_time_seconds"))
        #expect(age >= -1 && age < 86_400)
    }

    @Test func `Metric names follow Prometheus and each has its own`() {
        let names = MetricName.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.hasPrefix("sasando_") && MetricText.name(name) == name, "\(name)")
        }
    }

    @Test func `a reading is taken before each exposition`() {
        let registry = MetricRegistry()
        let meter = Meter(label: "depth", factory: registry)
        registry.beforeExposition { meter.increment() }
        #expect(lines(registry, with: "depth").last == "depth 1")
        #expect(lines(registry, with: "depth").last == "depth 2")
    }

    @Test func `promtool finds nothing to complain about`() throws {
        let registry = MetricRegistry()
        for name in MetricName.allCases where name != .logRecordsDropped {
            let labels = [("kind", "a\"b\\c\nd")]
            if name.rawValue.hasSuffix("_total") {
                Counter(label: name.rawValue, dimensions: labels, factory: registry).increment()
            } else if name.rawValue.hasSuffix("_seconds") {
                CoreMetrics.Timer(label: name.rawValue, dimensions: labels, factory: registry).recordMilliseconds(3)
            } else {
                Meter(label: name.rawValue, dimensions: labels, factory: registry).set(0.5)
            }
        }
        Recorder(label: "batch_reports", dimensions: [], aggregate: true, factory: registry).record(7)
        let verdict = try Promtool.check(
            ["check", "metrics"], input: String(decoding: registry.exposition(), as: UTF8.self))
        #expect(verdict.code == 0 && verdict.said.isEmpty, "\(verdict.said)")
    }
}
