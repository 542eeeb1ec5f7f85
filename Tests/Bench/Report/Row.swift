import Foundation

/// One line of the benchmark's table.
struct Row: Encodable, Sendable {
    let figure: String
    let value: Double?
    let unit: String
    let reference: Double?
    let ratio: Double?
    let target: String?
    let met: Bool?
    /// Why there is no value.
    var failure: String?

    private enum Key: String, CodingKey { case figure, value, unit, reference, ratio, target, met }

    init(_ figure: String, _ value: Double, _ unit: String, reference: Double? = nil, target: Target? = nil) {
        self.figure = figure
        self.value = value
        self.unit = unit
        self.reference = reference
        ratio = reference.map { value / $0 }
        self.target = target?.text
        met = target.map { $0.isMet(by: value, reference: reference) }
    }

    /// With a ratio of its own: the median of ratios is not the ratio of medians.
    init(_ figure: String, _ pairs: [(value: Double, reference: Double)], _ unit: String, target: Target?) {
        let ratio = pairs.map { $0.value / $0.reference }.median
        self.figure = figure
        value = pairs.map(\.value).median
        self.unit = unit
        reference = pairs.map(\.reference).median
        self.ratio = ratio
        self.target = target?.text
        met = target.map { $0.isMet(by: ratio, reference: 1) }
    }

    /// For what could not be measured on this machine; that misses no target.
    init(absent figure: String) {
        self.figure = figure
        value = nil
        unit = ""
        reference = nil
        ratio = nil
        target = "not measured"
        met = nil
    }

    init(failed figure: String, _ reason: String) {
        self.figure = figure
        value = nil
        unit = ""
        reference = nil
        ratio = nil
        target = "to be measured"
        met = false
        failure = reason
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(figure, forKey: .figure)
        try members.encode(Self.finite(value), forKey: .value)
        try members.encode(unit, forKey: .unit)
        try members.encode(Self.finite(reference), forKey: .reference)
        try members.encode(Self.finite(ratio), forKey: .ratio)
        try members.encode(target, forKey: .target)
        try members.encode(met, forKey: .met)
    }

    /// JSON has no way to say "not a number".
    private static func finite(_ number: Double?) -> Double? { number.flatMap { $0.isFinite ? $0 : nil } }
}

/// What a figure must reach.
enum Target: Sendable {
    case ratioAtLeast(Double)
    case ratioAtMost(Double)
    case atLeast(Double)
    case atMost(Double)
    /// At most this much more than the reference.
    case referencePlus(Double)

    var text: String {
        switch self {
        case .ratioAtLeast(let least): "≥ \(least) ×"
        case .ratioAtMost(let most): "≤ \(most) ×"
        case .atLeast(let least): "≥ \(Table.text(least))"
        case .atMost(let most): "≤ \(Table.text(most))"
        case .referencePlus(let more): "≤ reference + \(Table.text(more))"
        }
    }

    func isMet(by value: Double, reference: Double?) -> Bool {
        switch self {
        case .ratioAtLeast(let least): reference.map { value >= least * $0 } ?? false
        case .ratioAtMost(let most): reference.map { value <= most * $0 } ?? false
        case .atLeast(let least): value >= least
        case .atMost(let most): value <= most
        case .referencePlus(let more): reference.map { value <= $0 + more } ?? false
        }
    }
}

extension [Double] {
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// The value below which a `share` lies; of nothing, not a number.
    func quantile(_ share: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Swift.min(Int(Double(count) * share), count - 1)]
    }
}
