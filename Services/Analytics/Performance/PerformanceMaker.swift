internal import Domain
internal import Pages
internal import Storage

/// Makes the public figures from the rollups: pure.
struct PerformanceMaker: Sendable {
    let city: City
    let periods: PerformancePeriods
    let rows: PerformanceRows
    let published: [PublishedCount]

    /// The categories that are counted: those that are not sensitive. What has no category may yet turn out to be
    /// sensitive, and would then be seen to leave the figures.
    static func counted(in city: City) -> [CategoryCode] { city.categories.filter { !$0.sensitive }.map(\.code) }

    static func sensitive(in city: City) -> [CategoryCode] { city.categories.filter(\.sensitive).map(\.code) }

    func figures(asOf: Timestamp) -> PerformanceFigures {
        let months = Array(Set(published.map(\.month))).sorted(by: >)
        return PerformanceFigures(
            asOf: asOf, month: period(isLate: true), year: period(isLate: false), flows: flows, months: months,
            sensitive: sensitive(months))
    }

    // MARK: periods

    /// What is counted of one agency, one category, or all.
    private struct Sum {
        var received = 0
        var onTime = 0
        var times = Array(repeating: Int64(0), count: DurationHistogram.bucketCount)

        func row(_ code: String) -> PerformanceFigures.Row {
            let histogram = DurationHistogram(counts: times)
            let resolved = Int(histogram.count)
            let isTold = resolved >= PerformanceFigures.leastResolved
            return PerformanceFigures.Row(
                code: code, received: received, resolved: resolved, onTime: isTold ? onTime : 0,
                p50Seconds: isTold ? histogram.percentile(50) : nil,
                p90Seconds: isTold ? histogram.percentile(90) : nil)
        }
    }

    private func period(isLate: Bool) -> PerformanceFigures.Period {
        var total = Sum()
        var agencies: [String: Sum] = [:]
        var categories: [String: Sum] = [:]
        func add(_ agency: String, _ category: String, _ change: (inout Sum) -> Void) {
            change(&total)
            change(&agencies[agency, default: Sum()])
            change(&categories[category, default: Sum()])
        }
        for row in rows.received {
            add(row.agency, row.category) { $0.received += Int(isLate ? row.lately : row.all) }
        }
        for row in rows.speeds {
            add(row.agency, row.category) {
                $0.times[Int(row.bucket)] += isLate ? row.lately : row.all
                $0.onTime += Int(isLate ? row.latelyOnTime : row.allOnTime)
            }
        }
        let offset = city.utcOffset
        return PerformanceFigures.Period(
            from: (isLate ? periods.late : periods.first).start(offsetSeconds: offset),
            to: periods.end.start(offsetSeconds: offset), total: total.row(""),
            agencies: city.agencies.compactMap { agency in
                let code = agency.code.rawValue
                // Triage resolves nothing, and what it still has is not sorted yet.
                return agency.kind == .triage && agencies[code] == nil ? nil : (agencies[code] ?? Sum()).row(code)
            },
            categories: Self.counted(in: city).map { (categories[$0.rawValue] ?? Sum()).row($0.rawValue) })
    }

    // MARK: weeks and months

    private var flows: [PerformanceFigures.Flow] {
        let byAgency = Dictionary(grouping: rows.flows, by: \.agency)
        let monthStarts = periods.recentMonths.map { Int32($0.firstDay) }
        return city.agencies.map { agency in
            let days = byAgency[agency.code.rawValue] ?? []
            return PerformanceFigures.Flow(
                agency: agency.code, weeks: steps(days, from: periods.mondays.map(\.number)),
                months: steps(days, from: monthStarts))
        }
    }

    /// The days summed from each start to the next.
    private func steps(_ days: [PerformanceRows.Flow], from starts: [Int32]) -> [PerformanceFigures.Step] {
        starts.indices.map { index in
            let end = index + 1 < starts.count ? starts[index + 1] : periods.end.number
            let own = days.filter { $0.day >= starts[index] && $0.day < end }
            return PerformanceFigures.Step(
                from: CityDay(number: starts[index]).text, received: own.reduce(0) { $0 + Int($1.received) },
                resolved: own.reduce(0) { $0 + Int($1.resolved) })
        }
    }

    // MARK: sensitive categories

    private func sensitive(_ months: [CivilMonth]) -> [PerformanceFigures.Sensitive] {
        Self.sensitive(in: city).compactMap { category in
            let own = published.filter { $0.category == category }
            guard !own.isEmpty else { return nil }
            let byDistrict = Dictionary(grouping: own, by: \.district)
            // The unknown one last.
            let codes = byDistrict.keys.sorted { ($0.isEmpty ? 1 : 0, $0) < ($1.isEmpty ? 1 : 0, $1) }
            return PerformanceFigures.Sensitive(
                category: category,
                districts: codes.map { code in
                    PerformanceFigures.Sensitive.District(
                        code: code,
                        counts: months.map { month in byDistrict[code]?.first { $0.month == month }?.count })
                })
        }
    }
}
