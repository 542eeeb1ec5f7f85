/// The comparison's rows, and what must be known to read them.
struct PeersReport {
    let course: Course
    let perSecond: Int

    var rows: [Row] {
        compare("end to end p50 at \(perSecond)/s", "steady", "ms", \.p50, best: { $0 < $1 }, target: nil)
            + compare(
                "end to end p99 at \(perSecond)/s", "steady", "ms", \.p99, best: { $0 < $1 }, target: .ratioAtMost(1.0))
            + compare(
                "saturated, with routing", "saturated", "reports/s", \.throughput, best: { $0 > $1 },
                target: .ratioAtLeast(1.5))
            + syncs
    }

    /// A row of ours, against the better of the brokers that synced as we did, and a row of each broker.
    private func compare(
        _ figure: String, _ what: String, _ unit: String, _ value: (StintResult) -> Double,
        best: (Double, Double) -> Bool, target: Target?
    ) -> [Row] {
        let theirs = Contender.rivals.map { rival in
            let values = course.values(what, of: rival, value)
            return values.isEmpty || course.dropped[rival] != nil
                ? Row(absent: "\(figure), \(rival.rawValue)") : Row("\(figure), \(rival.rawValue)", values.median, unit)
        }
        let name = "\(figure), \(Contender.sasando.rawValue)"
        if let reason = course.dropped[.sasando] { return [Row(failed: name, reason)] + theirs }
        let own = course.values(what, of: .sasando, value)
        let better = course.equals.map { course.values(what, of: $0, value) }.min { best($0.median, $1.median) }
        guard let better else { return [Row(name, own.median, unit)] + theirs }
        let pairs = zip(own, better).map { (value: $0, reference: $1) }
        return [Row(name, pairs, unit, target: target)] + theirs
    }

    /// Ours is judged; a broker that syncs less is left out of the other targets.
    private var syncs: [Row] {
        Contender.allCases.compactMap { contender in
            course.syncsOneAtATime(contender).map { syncs in
                Row(
                    "syncs before an acknowledgement, \(contender.rawValue)", syncs, "",
                    target: contender == .sasando ? .atLeast(1) : nil)
            }
        }
    }

    /// What was seen beside the figures.
    var findings: [String] {
        Contender.allCases.flatMap { contender in
            let name = contender.rawValue
            var lines: [String] = []
            if let reason = course.dropped[contender] { lines.append("\(name) was NOT MEASURED: \(reason)") }
            if let syncs = course.syncsOneAtATime(contender), syncs < 1 {
                lines.append("\(name) acknowledges before it has synced (\(Table.text(syncs)) syncs each): NOT EQUAL")
            }
            let shares = ["steady", "saturated"].compactMap { what in share(of: contender, while: what) }
            if !shares.isEmpty { lines.append("\(name): " + shares.joined(separator: "; ")) }
            return lines
        }
    }

    private func share(of contender: Contender, while what: String) -> String? {
        let cores = course.values(what, of: contender, \.coresBusy)
        guard !cores.isEmpty else { return nil }
        let syncs = course.values(what, of: contender, \.syncsPerReport)
        let counted = syncs.isEmpty ? "" : ", \(Table.text(syncs.median)) syncs a report"
        let generator = course.values(what, of: contender, \.generatorCores)
        let own = generator.isEmpty ? "" : " (\(Table.text(generator.median)) of them the load generator's)"
        return "\(what): \(Table.text(cores.median)) cores busy" + own + counted
    }

    /// How it is measured, and what is not equal.
    static func method(of peers: Peers) -> [String] {
        let hasVolumes = peers.volumesMissing == nil
        return [
            hasVolumes
                ? "Each store has a volume of its own (ext4 on a loop device) on one disk, and the kernel counts its syncs."
                : "NOT EQUAL, so that no target is judged: syncs cannot be counted or forced here, since "
                    + "\(peers.volumesMissing ?? "").",
            "RabbitMQ \(peers.rabbitmq.version): quorum queues of one member. It syncs its log before it confirms; "
                + "confirmations that wait together share a sync, as our reports share a commit.",
            "NATS \(peers.nats.version): streams in files, one replica. This version syncs by itself only every two "
                + "minutes"
                + (hasVolumes ? ", so its volume writes through (-o sync): each message by itself." : "."),
            "All take turns, each round beginning with another; a ratio is the median of the rounds' own. At saturation a broker has up to \(brokersInFlight) "
                + "reports in flight, we \(ownInFlight), each a POST over a connection of its own.",
            "NOT EQUAL, in the brokers' favour: they only pass on the report's JSON. Here it is also validated, placed, "
                + "kept for queries and repeats, given deadlines and a history, and folded by analytics.",
        ]
    }

    static let brokersInFlight = 1_024
    static let ownInFlight = 256
}
