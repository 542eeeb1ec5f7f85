#if canImport(Glibc)
    internal import func Glibc.cos
    internal import func Glibc.exp
    internal import func Glibc.log
#elseif canImport(Darwin)
    internal import func Darwin.cos
    internal import func Darwin.exp
    internal import func Darwin.log
#endif

/// Random numbers that follow from a seed, the same on every machine: SplitMix64 (Steele, Lea, Flood: "Fast Splittable
/// Pseudorandom Number Generators", 2014).
struct SeededRandom: RandomNumberGenerator, Sendable {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var state: UInt64

    /// - Parameter stream: tells sequences of one seed apart.
    init(seed: UInt64, stream: UInt64) {
        state = Self.mixed(seed &+ Self.step) ^ Self.mixed(stream &* Self.step &+ 1)
    }

    mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mixed(state)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 ..< 1.
    mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func happens(_ probability: Double) -> Bool { share() < probability }

    /// - Precondition: `choices` is not empty.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[Int(share() * Double(choices.count))] }

    /// Normally distributed around 0 with variance 1 (Box and Muller).
    mutating func normal() -> Double {
        (-2 * log(1 - share())).squareRoot() * cos(2 * .pi * share())
    }

    /// Around `median` as waiting times are: half of them shorter, a few much longer (lognormal).
    mutating func duration(median: Double, spread: Double) -> Double { median * exp(spread * normal()) }
}

/// Chooses among things of different weights.
struct WeightedChoice: Sendable {
    /// The sum of the weights up to and including each.
    private let sums: [Double]

    /// - Precondition: a weight is above 0.
    init(_ weights: [Double]) {
        var sum = 0.0
        sums = weights.map { weight in
            sum += weight
            return sum
        }
        precondition(sum > 0, "nothing to choose from")
    }

    var total: Double { sums[sums.count - 1] }

    /// The weight of each.
    var weights: [Double] { sums.indices.map { sums[$0] - ($0 == 0 ? 0 : sums[$0 - 1]) } }

    /// Which one lies at a `share` (0 ..< 1) of the whole, and how far into it (0 ..< 1).
    func place(at share: Double) -> (index: Int, within: Double) {
        let target = share * total
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        let before = low == 0 ? 0 : sums[low - 1]
        let weight = sums[low] - before
        return (low, weight > 0 ? min((target - before) / weight, 1.0.nextDown) : 0)
    }
}
