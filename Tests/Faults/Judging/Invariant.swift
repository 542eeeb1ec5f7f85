/// What must hold whatever is broken.
enum Invariant: String, Sendable, CaseIterable {
    /// Every acknowledged report is stored under the key and the id that its sender was told, and none twice.
    case stored
    /// Every report is in one place: waiting, or with one agency.
    case place
    /// In every stream the greatest number is the count.
    case gapless
    /// The same cursor is always the same bytes, as stored and as every consumer saw it.
    case bytes
    /// Consumers that dedupe by cursor miss nothing and see nothing out of turn.
    case contiguous
    /// A report's events follow each other as the status machine has it.
    case order
    /// Analytics has counted every event once.
    case counts
    /// What waited has passed within 30 s.
    case drained
    /// The 99th percentile of other agencies is within 1.3 × of their own without the fault, or 5 ms above it.
    case others
    /// No service's process grows beyond its bound.
    case memory
    /// Nobody ended who was not killed.
    case alive
    /// Doors gave only such answers as they promise.
    case answers
}

/// What became of an invariant in a row.
enum Verdict: Sendable, Equatable {
    /// It held; with what was measured, where something is.
    case held(String? = nil)
    /// It did not; what was seen instead.
    case broken(String)
    /// It says nothing about this fault.
    case unjudged

    /// Held when nothing is wrong.
    init(_ faults: [String]) {
        self = faults.isEmpty ? .held() : .broken(faults.prefix(5).joined(separator: "; "))
    }

    var isBroken: Bool { if case .broken = self { true } else { false } }

    var mark: String {
        switch self {
        case .held(let measured): measured ?? "yes"
        case .broken: "NO"
        case .unjudged: "–"
        }
    }
}
