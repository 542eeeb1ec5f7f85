/// Who runs against whom, and what each has done so far.
struct Course: Sendable {
    /// The loads of the brokers; the stack has its own.
    let contestants: [Contender: BrokerLoad]
    private var results: [String: [Contender: [StintResult]]] = [:]
    /// Who is out, and why.
    private(set) var dropped: [Contender: String] = [:]

    init(contestants: [Contender: BrokerLoad]) { self.contestants = contestants }

    var running: [Contender] { Contender.allCases.filter { dropped[$0] == nil } }

    mutating func enter(_ result: StintResult, of contender: Contender, as what: String) {
        results[what, default: [:]][contender, default: []].append(result)
    }

    /// The first reason counts.
    mutating func drop(_ contender: Contender, _ reason: String) {
        if dropped[contender] == nil { dropped[contender] = reason }
    }

    /// One value of each round, in the order of the rounds.
    func values(_ what: String, of contender: Contender, _ value: (StintResult) -> Double?) -> [Double] {
        results[what]?[contender]?.compactMap(value) ?? []
    }

    /// Syncs for each acknowledged report when they are published one at a time: below one, some report was
    /// acknowledged before it was on the disk.
    func syncsOneAtATime(_ contender: Contender) -> Double? {
        values("one at a time", of: contender, \.syncsPerReport).first
    }

    /// The brokers that synced before each acknowledgement, as the stack did.
    var equals: [Contender] {
        let isSynced = { (contender: Contender) in syncsOneAtATime(contender).map { $0 >= 1 } ?? false }
        return isSynced(.sasando) ? Contender.rivals.filter { dropped[$0] == nil && isSynced($0) } : []
    }
}
