/// Counts of durations in buckets that grow with the value: every quantile is right to within 1 %.
struct Histogram: Sendable {
    /// Buckets in each power of two.
    private static let resolution = 7
    private var counts = [Int](repeating: 0, count: 64 << Self.resolution)
    private(set) var count = 0
    private(set) var maximum: Int64 = 0

    mutating func record(nanoseconds: Int64) {
        let value = max(nanoseconds, 0)
        counts[Self.bucket(of: UInt64(value))] += 1
        count += 1
        maximum = max(maximum, value)
    }

    /// The value below which a `share` of all lies, in milliseconds; 0 when nothing was counted.
    func milliseconds(at share: Double) -> Double {
        let rank = Int((Double(count) * share).rounded(.up))
        var seen = 0
        for (bucket, n) in counts.enumerated() where n > 0 {
            seen += n
            if seen >= rank { return min(Self.upperBound(of: bucket), Double(maximum)) / 1e6 }
        }
        return 0
    }

    private static func bucket(of value: UInt64) -> Int {
        let exponent = max(63 - value.leadingZeroBitCount - resolution, 0)
        return exponent << resolution + Int(value >> UInt64(exponent))
    }

    private static func upperBound(of bucket: Int) -> Double {
        let exponent = max(bucket >> resolution - 1, 0)
        let mantissa = bucket - exponent << resolution
        return Double(UInt64(mantissa + 1) << UInt64(exponent))
    }
}
