package import CoreMetrics
internal import Synchronization

/// Counters of one name, made when their labels first come up.
///
/// For labels of which there are few, and which are ours: the registry's bound is the last resort.
package final class LabelledCounters: Sendable {
    private let name: MetricName
    private let labels: [String]
    private let counters = Mutex<[[String]: Counter]>([:])

    /// - Parameter labels: their names, in the order in which values are given.
    package init(_ name: MetricName, _ labels: [String]) {
        self.name = name
        self.labels = labels
    }

    package subscript(values: String...) -> Counter {
        precondition(values.count == labels.count, "a value for each label")
        return counters.withLock { counters in
            if let known = counters[values] { return known }
            let made = Counter(name, Array(zip(labels, values)))
            counters[values] = made
            return made
        }
    }
}
