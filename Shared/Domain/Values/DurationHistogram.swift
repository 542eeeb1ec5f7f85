/// How many durations fell into each of a fixed set of buckets, for percentiles that can be added up.
///
/// Below 16 s each second has a bucket of its own; above, every power of two is cut into 16 equal buckets, so that a
/// bucket's middle is within 3.2 % of what fell into it. Longer than 400 days counts as 400 days. All is integer
/// arithmetic: the same durations give the same histogram in any order.
package struct DurationHistogram: Hashable, Sendable {
    package static let maximumSeconds = 400 * 86_400
    package static let bucketCount = bucket(seconds: maximumSeconds) + 1

    package private(set) var counts: [Int64]

    package init() { counts = Array(repeating: 0, count: Self.bucketCount) }

    /// From counts that were stored; what is missing at the end is 0.
    package init(counts: some Collection<Int64>) {
        self.init()
        for (index, count) in counts.prefix(Self.bucketCount).enumerated() { self.counts[index] = count }
    }

    /// The bucket of a duration; a negative one counts as 0.
    package static func bucket(seconds: Int) -> Int {
        let seconds = min(max(seconds, 0), maximumSeconds)
        guard seconds >= 16 else { return seconds }
        let exponent = Int.bitWidth - 1 - seconds.leadingZeroBitCount
        return (exponent - 3) * 16 + (seconds >> (exponent - 4)) & 15
    }

    /// The whole seconds that fall into a bucket.
    package static func range(ofBucket bucket: Int) -> ClosedRange<Int> {
        guard bucket >= 16 else { return bucket...bucket }
        let width = 1 << (bucket / 16 - 1)
        let lower = (16 + bucket % 16) * width
        return lower...(lower + width - 1)
    }

    package var count: Int64 { counts.reduce(0, +) }

    package mutating func add(seconds: Int, times: Int64 = 1) { counts[Self.bucket(seconds: seconds)] += times }

    package mutating func add(_ other: DurationHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// The duration that `percent` of all do not exceed (nearest rank), to the middle of its bucket; nil when empty.
    package func percentile(_ percent: Int) -> Int? {
        let total = count
        guard total > 0 else { return nil }
        let rank = max(1, (total * Int64(percent) + 99) / 100)
        var seen: Int64 = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if seen >= rank {
                let range = Self.range(ofBucket: bucket)
                return (range.lowerBound + range.upperBound) / 2
            }
        }
        return nil
    }
}
