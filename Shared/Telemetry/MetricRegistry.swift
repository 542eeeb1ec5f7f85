package import CoreMetrics
internal import Synchronization

/// The metrics of one process, as a swift-metrics factory.
///
/// Timers and aggregating recorders become histograms with fixed buckets. A family
/// holds a bounded number of series; label sets beyond that share one whose every
/// label value is `overflow`, so that a label chosen badly costs accuracy, not memory.
package final class MetricRegistry: MetricsFactory {
    /// The most series that one family holds, `overflow` not counted.
    package static let seriesLimit = 500
    /// The most families; a family beyond it is not exposed.
    private static let familyLimit = 500

    struct Labels: Hashable {
        let names: [String]
        let values: [String]
    }

    struct Family {
        let kind: MetricKind
        var series: [Labels: any Sendable & AnyObject] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    private let readings = Mutex<[@Sendable () -> Void]>([])

    package init() {}

    /// Has `read` called before each exposition, to set gauges that would otherwise be kept current for nobody.
    ///
    /// It must not block.
    package func beforeExposition(_ read: @escaping @Sendable () -> Void) { readings.withLock { $0.append(read) } }

    func takeReadings() { for read in readings.withLock({ $0 }) { read() } }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        return series(.histogram, MetricText.name(label), dimensions) {
            HistogramSeries(bounds: HistogramSeries.sizeBounds)
        }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(.histogram, MetricText.name(label, suffix: "_seconds"), dimensions) {
            HistogramSeries(bounds: HistogramSeries.durationBounds)
        }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    func snapshot() -> [String: Family] { families.withLock { $0 } }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
        series(.counter, MetricText.name(label, suffix: "_total"), dimensions) { CounterSeries() }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        series(.gauge, MetricText.name(label), dimensions) { GaugeSeries() }
    }

    /// The series with these labels, made on first use.
    ///
    /// A name that already stands for another kind gets a series that is counted
    /// but never shown: two kinds under one name would spoil the whole exposition.
    private func series<S: AnyObject & Sendable>(
        _ kind: MetricKind, _ name: String, _ dimensions: [(String, String)], make: () -> S
    ) -> S {
        let sorted = dimensions.sorted { $0.0 < $1.0 }
        let names = sorted.map { MetricText.labelName($0.0) }
        let labels = Labels(names: names, values: sorted.map(\.1))
        return families.withLock { families in
            if families[name] == nil {
                guard families.count < Self.familyLimit else { return make() }
                families[name] = Family(kind: kind)
            }
            guard let family = families[name], family.kind == kind else { return make() }
            if let known = family.series[labels] { return known as? S ?? make() }
            let overflow = Labels(names: names, values: names.map { _ in "overflow" })
            let isFull = family.series.count >= Self.seriesLimit
            if isFull, let known = family.series[overflow] { return known as? S ?? make() }
            let made = make()
            families[name]?.series[isFull ? overflow : labels] = made
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                families[name]?.series[labels] = nil
                return
            }
        }
    }
}
