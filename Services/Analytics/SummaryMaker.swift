internal import Domain
internal import Pages
internal import Storage

/// Makes the summary of a period from the rollups: pure.
struct SummaryMaker: Sendable {
    let city: City
    let rows: SummaryRows

    /// - Parameters:
    ///   - asOf: when the rollups were last known to hold everything.
    ///   - to: the day after the last.
    func summary(asOf: Timestamp, from: CityDay, to: CityDay) -> Summary {
        let histograms = histograms()
        let all = histograms.values.reduce(into: Resolutions()) { $0.add($1) }
        let open = Self.sums(rows.open.agencies)
        let overdue = Self.sums(rows.overdue.agencies)
        let received = Self.sums(rows.received.agencies)
        let triage = rows.open.agencies.filter { $0.status == ReportStatus.triage.rawValue }.reduce(0) { $0 + $1.n }
        return Summary(
            asOf: asOf, from: from.start(offsetSeconds: city.utcOffset), to: to.start(offsetSeconds: city.utcOffset),
            totals: .init(
                received: received.values.reduce(0, +), open: open.values.reduce(0, +),
                overdue: overdue.values.reduce(0, +), resolved: all.count, resolvedOnTime: all.onTime,
                medianSeconds: all.times.percentile(50), triage: Int(triage)),
            agencies: city.agencies.map { agency in
                let code = agency.code.rawValue
                let own = histograms[code] ?? Resolutions()
                return .init(
                    code: agency.code, received: received[code] ?? 0, open: open[code] ?? 0,
                    overdue: overdue[code] ?? 0, resolved: own.count, onTimeShare: own.share,
                    p50Seconds: own.times.percentile(50), p90Seconds: own.times.percentile(90))
            },
            categories: counts(\.categories).map {
                .init(code: $0.code.isEmpty ? nil : CategoryCode(rawValue: $0.code), counts: $0.counts)
            },
            areas: counts(\.areas).filter { !$0.code.isEmpty }.map {
                .init(code: AreaCode(rawValue: $0.code), counts: $0.counts)
            },
            days: days(from: from, to: to))
    }

    /// The reports received in the period by status, in the order of the status machine.
    var statuses: [(status: ReportStatus, n: Int)] {
        ReportStatus.allCases.compactMap { status in
            let n = rows.received.agencies.filter { $0.status == status.rawValue }.reduce(0) { $0 + Int($1.n) }
            return n == 0 ? nil : (status, n)
        }
    }

    private func counts(
        _ way: KeyPath<SummaryRows.Counts, [SummaryRows.Count]>
    ) -> [(code: String, counts: Summary.Counts)] {
        let received = Self.sums(rows.received[keyPath: way])
        let open = Self.sums(rows.open[keyPath: way])
        let overdue = Self.sums(rows.overdue[keyPath: way])
        return Set(received.keys).union(open.keys).sorted().compactMap { code in
            let counts = Summary.Counts(
                received: received[code] ?? 0, open: open[code] ?? 0, overdue: overdue[code] ?? 0)
            return counts.received == 0 && counts.open == 0 ? nil : (code, counts)
        }
    }

    private static func sums(_ counts: [SummaryRows.Count]) -> [String: Int] {
        counts.reduce(into: [:]) { $0[$1.code, default: 0] += Int($1.n) }
    }

    private func days(from: CityDay, to: CityDay) -> [Summary.Day] {
        let known = Dictionary(rows.flows.map { ($0.day, $0) }, uniquingKeysWith: { a, _ in a })
        return (from.number..<max(from.number, to.number)).map { number in
            Summary.Day(
                date: CityDay(number: number).text, opened: Int(known[number]?.opened ?? 0),
                closed: Int(known[number]?.finished ?? 0))
        }
    }

    /// How long resolutions took, and how many were in time.
    private struct Resolutions {
        var times = DurationHistogram()
        var onTime = 0

        var count: Int { Int(times.count) }
        var share: Double? { count == 0 ? nil : Double(onTime) / Double(count) }

        mutating func add(_ other: Resolutions) {
            times.add(other.times)
            onTime += other.onTime
        }
    }

    private func histograms() -> [String: Resolutions] {
        let none = Array(repeating: Int64(0), count: DurationHistogram.bucketCount)
        var buckets: [String: [Int64]] = [:]
        var onTime: [String: Int] = [:]
        for time in rows.times {
            buckets[time.agency, default: none][Int(time.bucket)] += time.n
            onTime[time.agency, default: 0] += Int(time.onTime)
        }
        return Dictionary(
            uniqueKeysWithValues: buckets.map { agency, counts in
                (agency, Resolutions(times: DurationHistogram(counts: counts), onTime: onTime[agency] ?? 0))
            })
    }
}
