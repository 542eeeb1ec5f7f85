/// What became of one fault.
struct Row: Sendable, Encodable {
    let fault: String
    let target: String
    let seed: UInt64
    /// Kills, stops, resets: how often it was done.
    var acts = 0
    var seconds = 0.0
    var reports = 0
    /// Why it was not tried.
    var skipped: String?
    var verdicts: [Invariant: Verdict] = [:]
    /// What went wrong with the row itself.
    var failure: String?

    init(_ fault: String, _ target: TargetKind, _ seed: UInt64) {
        self.fault = fault
        self.target = target.rawValue
        self.seed = seed
    }

    var isBroken: Bool { failure != nil || verdicts.values.contains(where: \.isBroken) }

    var result: String {
        if skipped != nil { return "skipped" }
        return isBroken ? "BROKEN" : "held"
    }

    /// What is wrong, a line for each.
    var complaints: [String] {
        var lines = skipped.map { ["skipped: \($0)"] } ?? []
        if let failure { lines.append(failure) }
        for invariant in Invariant.allCases {
            if case .broken(let what) = verdicts[invariant] { lines.append("\(invariant.rawValue): \(what)") }
        }
        return lines
    }

    private enum Key: String, CodingKey {
        case fault, target, seed, acts, seconds, reports, result, skipped, failure, invariants
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(fault, forKey: .fault)
        try container.encode(target, forKey: .target)
        try container.encode(seed, forKey: .seed)
        try container.encode(acts, forKey: .acts)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(reports, forKey: .reports)
        try container.encode(result, forKey: .result)
        try container.encodeIfPresent(skipped, forKey: .skipped)
        try container.encodeIfPresent(failure, forKey: .failure)
        let invariants = verdicts.map { ($0.key.rawValue, Self.words($0.value)) }
        try container.encode(Dictionary(uniqueKeysWithValues: invariants), forKey: .invariants)
    }

    private static func words(_ verdict: Verdict) -> String {
        switch verdict {
        case .held(let measured): measured.map { "held: \($0)" } ?? "held"
        case .broken(let what): "broken: \(what)"
        case .unjudged: "not judged"
        }
    }
}

/// The rows as a person reads them.
struct Table {
    let rows: [Row]

    var text: String {
        let width = max(8, (rows.map(\.fault.count).max() ?? 0) + 2)
        let widths = Invariant.allCases.map { invariant in
            max(invariant.rawValue.count, rows.map { mark(of: invariant, in: $0).count }.max() ?? 0) + 2
        }
        let titles = zip(Invariant.allCases, widths).map { $0.rawValue.padded($1) }.joined()
        var lines = ["", "fault".padded(width) + "acts".padded(6) + titles + "result"]
        for row in rows {
            let marks = zip(Invariant.allCases, widths).map { mark(of: $0, in: row).padded($1) }.joined()
            lines.append(row.fault.padded(width) + "\(row.acts)".padded(6) + marks + row.result)
        }
        for row in rows where !row.complaints.isEmpty {
            lines.append("")
            lines.append("\(row.fault) (--seed \(row.seed) --only \(row.fault)):")
            lines += row.complaints.map { "  \($0)" }
        }
        let count = { (result: String) in rows.count { $0.result == result } }
        lines.append("")
        lines.append("\(count("held")) held, \(count("BROKEN")) broken, \(count("skipped")) skipped")
        return lines.joined(separator: "\n")
    }

    private func mark(of invariant: Invariant, in row: Row) -> String { row.verdicts[invariant]?.mark ?? "–" }
}
