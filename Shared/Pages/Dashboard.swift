internal import Domain
internal import FoundationEssentials

/// `/dashboard`: the city at a glance, and what needs a decision.
package struct Dashboard: Page {
    /// Figures no older than this count as those of the moment.
    private static let freshSeconds = 2

    package var frame: Frame
    package var summary: Summary
    /// Reports that readers flagged and nobody has looked at.
    package var flagged: Int

    package init(frame: Frame, summary: Summary, flagged: Int = 0) {
        self.frame = frame
        self.summary = summary
        self.flagged = flagged
    }

    package func content(_ wording: Wording) -> PageContent {
        let last = summary.to.adding(seconds: -1)
        let period = wording("dashboard.period", ["from": wording.day(summary.from), "to": wording.day(last)])
        let values: [String: Any] = [
            "as_of": asOf(wording), "period": period,
            "figures": figures(wording), "decisions": decisions(wording), "agencies": agencies(wording),
            "areas": areas(wording), "no_open": summary.totals.open == 0, "days": days(wording),
            "chart": chart, "has_days": summary.days.contains { $0.opened > 0 || $0.closed > 0 },
            "categories": categories(wording), "has_categories": !summary.categories.isEmpty, "shades": shades(wording),
            "open_by_area": openByArea,
            "map_tiles": tiles ?? [:], "has_tiles": tiles != nil,
            "tabs": OperatorTabs.values(wording, here: "dashboard"),
        ]
        return PageContent(
            template: "dashboard", title: wording("dashboard.title"),
            styles: ["controls.css", "staff.css", "dashboard.css", "operator.css"],
            scripts: ["offline.js", "dashboard.js"],
            wide: true, values: values)
    }

    private var tiles: [String: String]? { frame.city?.map.values }

    /// Of what moment the figures are; of old ones with the day, and that they are not all yet.
    private func asOf(_ wording: Wording) -> String {
        if frame.now.seconds(since: summary.asOf) > Self.freshSeconds {
            return wording("dashboard.behind", ["at": wording.moment(summary.asOf)])
        }
        return wording("dashboard.as_of", ["at": wording.clock(summary.asOf)])
    }

    /// Six numbers, each with its unit and what it is out of.
    private func figures(_ wording: Wording) -> [[String: Any]] {
        let totals = summary.totals
        let share = totals.resolved == 0 ? nil : Double(totals.resolvedOnTime) / Double(totals.resolved)
        func figure(_ name: String, _ value: String, _ places: [String: String] = [:], alarm: Bool = false)
            -> [String: Any]
        {
            [
                "key": name, "name": wording("figure.\(name)"), "value": value,
                "of": wording("figure.\(name)_of", places), "alarm": alarm,
                "long": value.count > 7,
            ]
        }
        return [
            figure("received", wording.number(totals.received)),
            figure("open", wording.number(totals.open)),
            figure(
                "overdue", wording.number(totals.overdue), ["n": wording.number(totals.open)],
                alarm: totals.overdue > 0),
            figure("resolved", wording.number(totals.resolved)),
            figure(
                "on_time", share.map(wording.percent) ?? "–",
                ["n": wording.number(totals.resolvedOnTime), "all": wording.number(totals.resolved)]),
            figure(
                "median", totals.medianSeconds.map { wording.duration(seconds: $0) } ?? "–",
                ["n": wording.number(totals.resolved)]),
        ]
    }

    /// Who is overdue, worst first, and whether reports wait for the triage.
    private func decisions(_ wording: Wording) -> [[String: Any]] {
        var decisions: [[String: Any]] = []
        if summary.totals.triage > 0 {
            decisions.append([
                "text": wording("dashboard.triage_waits", ["n": wording.number(summary.totals.triage)]),
                "icon": "do-transfer", "urgent": true,
            ])
        }
        if flagged > 0 {
            decisions.append([
                "text": wording("dashboard.flagged_wait", ["n": wording.number(flagged)]), "icon": "warning",
                "urgent": false, "href": "/moderasi",
            ])
        }
        for row in summary.agencies.filter({ $0.overdue > 0 }).sorted(by: { $0.overdue > $1.overdue }) {
            let name = wording.agency(row.code, in: frame.city)
            decisions.append([
                "text": wording(
                    "dashboard.agency_overdue",
                    ["agency": name, "n": wording.number(row.overdue), "open": wording.number(row.open)]),
                "icon": "clock", "urgent": row.overdue * 2 >= row.open,
            ])
        }
        return decisions
    }

    private func agencies(_ wording: Wording) -> [[String: Any]] {
        func time(_ seconds: Int?) -> [String: Any] {
            ["text": seconds.map { wording.duration(seconds: $0) } ?? "–", "sort": seconds.map(String.init) ?? ""]
        }
        return summary.agencies.map { row in
            let agency = frame.city?.agency(row.code)
            return [
                "code": row.code.rawValue, "name": agency?.name[wording.language] ?? row.code.rawValue.uppercased(),
                "short": agency?.short ?? row.code.rawValue.uppercased(),
                "received": cell(row.received, wording), "open": cell(row.open, wording),
                "overdue": cell(row.overdue, wording), "late": row.overdue > 0,
                "resolved": cell(row.resolved, wording),
                "share": [
                    "text": row.onTimeShare.map(wording.percent) ?? "–", "sort": row.onTimeShare.map { "\($0)" } ?? "",
                ],
                "p50": time(row.p50Seconds), "p90": time(row.p90Seconds),
            ]
        }
    }

    private func cell(_ value: Int, _ wording: Wording) -> [String: Any] {
        ["text": wording.number(value), "sort": String(value)]
    }

    private func categories(_ wording: Wording) -> [[String: Any]] {
        summary.categories.sorted { $0.counts.received > $1.counts.received }.map { row in
            [
                "name": wording.category(row.code, nil, in: frame.city), "icon": wording.icon(row.code),
                "received": wording.number(row.counts.received), "open": wording.number(row.counts.open),
                "overdue": wording.number(row.counts.overdue), "late": row.counts.overdue > 0,
            ]
        }
    }

    // MARK: areas

    /// The areas with something open, fullest first.
    private func areas(_ wording: Wording) -> [[String: Any]] {
        let known = Dictionary((frame.city?.areas ?? []).map { ($0.code, $0) }) { first, _ in first }
        return summary.areas.filter { $0.counts.open > 0 }.sorted {
            ($1.counts.open, $0.code) < ($0.counts.open, $1.code)
        }.map { row in
            [
                "code": row.code.rawValue, "name": known[row.code]?.name ?? row.code.rawValue,
                "district": known[row.code]?.district ?? "", "open": cell(row.counts.open, wording),
                "overdue": wording.number(row.counts.overdue), "late": row.counts.overdue > 0,
                "shade": shade(row.counts.open),
            ]
        }
    }

    /// Four shades; the darkest begins at three quarters of the fullest area.
    private var steps: [Int] {
        let most = max(summary.areas.map(\.counts.open).max() ?? 0, 4)
        return [1, most / 4 + 1, most / 2 + 1, most * 3 / 4 + 1]
    }

    private func shade(_ open: Int) -> Int {
        steps.filter { open >= $0 }.count
    }

    private func shades(_ wording: Wording) -> [[String: Any]] {
        let steps = steps
        return steps.indices.map { index in
            let first = steps[index]
            let text = index == steps.count - 1 ? "≥ \(first)" : "\(first)–\(max(first, steps[index + 1] - 1))"
            return ["shade": index + 1, "text": first == steps[min(index + 1, 3)] - 1 ? "\(first)" : text]
        }
    }

    /// For the map's script: open reports and shade by area.
    private var openByArea: String {
        let counts = summary.areas.filter { $0.counts.open > 0 }.map {
            ($0.code.rawValue, [$0.counts.open, shade($0.counts.open)])
        }
        return DataIsland.write(Dictionary(counts) { first, _ in first })
    }

    // MARK: days

    private func days(_ wording: Wording) -> [[String: Any]] {
        summary.days.map { day in
            ["day": wording.shortDay(day.date), "opened": day.opened, "closed": day.closed]
        }
    }

    /// Opened above, closed beside it: two bars a day in a drawing 100 units high.
    private var chart: [String: Any] {
        let most = max(summary.days.flatMap { [$0.opened, $0.closed] }.max() ?? 0, 1)
        let bars = summary.days.enumerated().map { index, day -> [String: Any] in
            let opened = day.opened * 100 / most
            let closed = day.closed * 100 / most
            return [
                "x": index * 20 + 2, "x2": index * 20 + 10, "opened": opened, "closed": closed,
                "y": 100 - opened, "y2": 100 - closed,
            ]
        }
        return ["width": max(summary.days.count, 1) * 20, "bars": bars, "most": most]
    }
}
