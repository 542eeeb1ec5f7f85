import Domain
import Pages

/// A month with 51 areas, and a city where nothing has happened yet.
enum DashboardSamples {
    static var pages: [(name: String, page: any Page)] {
        let frame = SamplePages.frame("/dashboard", viewer: SamplePages.operatorViewer)
        return [
            ("dashboard", Dashboard(frame: frame, summary: busy)),
            ("dashboard-empty", Dashboard(frame: frame, summary: empty)),
        ]
    }

    static var busy: Summary {
        let agencies = SampleCity.kupang.agencies.enumerated().map { index, agency in
            Summary.AgencyRow(
                code: agency.code, received: 640 - index * 70, open: 84 - index * 9,
                overdue: index == 0 ? 47 : max(0, 12 - index * 4), resolved: 556 - index * 61,
                onTimeShare: index == 7 ? nil : 0.97 - Double(index) * 0.09, p50Seconds: 4_300 + index * 9_000,
                p90Seconds: index == 7 ? nil : 80_000 + index * 70_000)
        }
        let areas = SampleCity.kupang.areas.enumerated().map { index, area in
            let open = index * 37 % 23
            return Summary.AreaRow(code: area.code, counts: .init(received: open * 4, open: open, overdue: open / 5))
        }
        let categories = SampleCity.kupang.categories.enumerated().map { index, category in
            Summary.CategoryRow(
                code: category.code, counts: .init(received: 400 - index * 27, open: 40 - index * 2, overdue: index % 4)
            )
        }
        let other = Summary.CategoryRow(code: nil, counts: .init(received: 61, open: 9, overdue: 0))
        let days = (1...30).map { day in
            Summary.Day(
                date: "2026-11-\(day < 10 ? "0" : "")\(day)", opened: 60 + day * 31 % 47, closed: 40 + day * 17 % 61)
        }
        return Summary(
            asOf: SamplePages.now, from: Timestamp(rfc3339: "2026-10-26T00:00:00+08:00")!,
            to: Timestamp(rfc3339: "2026-11-25T00:00:00+08:00")!,
            totals: .init(
                received: 12_483, open: 431, overdue: 59, resolved: 11_902, resolvedOnTime: 10_311,
                medianSeconds: 29_400, triage: 9),
            agencies: agencies, categories: categories + [other], areas: areas, days: days)
    }

    private static var empty: Summary {
        Summary(
            asOf: SamplePages.now, from: Timestamp(rfc3339: "2026-10-26T00:00:00+08:00")!,
            to: Timestamp(rfc3339: "2026-11-25T00:00:00+08:00")!,
            totals: .init(
                received: 0, open: 0, overdue: 0, resolved: 0, resolvedOnTime: 0, medianSeconds: nil, triage: 0),
            agencies: SampleCity.kupang.agencies.map {
                Summary.AgencyRow(
                    code: $0.code, received: 0, open: 0, overdue: 0, resolved: 0, onTimeShare: nil, p50Seconds: nil,
                    p90Seconds: nil)
            },
            categories: [], areas: [], days: [])
    }
}
