internal import Domain
internal import Pages

/// The summary as JSON and as CSV.
struct SummaryView: Sendable {
    let summary: Summary
    let statuses: [(status: ReportStatus, n: Int)]
    let city: City

    var json: [UInt8] {
        let offset = city.utcOffset
        var writer = JSONWriter(capacity: 16 << 10)
        writer.object {
            $0.member("as_of", summary.asOf, offsetSeconds: offset)
            $0.member("from", summary.from, offsetSeconds: offset)
            $0.member("to", summary.to, offsetSeconds: offset)
            $0.key("totals")
            writeTotals(to: &$0)
            $0.key("agencies")
            $0.array { writer in for row in summary.agencies { write(row, to: &writer) } }
            $0.key("categories")
            $0.array { writer in
                for row in summary.categories { write(row.code?.rawValue, row.counts, to: &writer) }
            }
            $0.key("areas")
            $0.array { writer in for row in summary.areas { write(row.code.rawValue, row.counts, to: &writer) } }
            $0.key("statuses")
            $0.array { writer in
                for (status, n) in statuses {
                    writer.object {
                        $0.member("code", status.rawValue)
                        $0.member("colour", status.colour.rawValue)
                        $0.member("received", n)
                    }
                }
            }
            $0.key("days")
            $0.array { writer in
                for day in summary.days {
                    writer.object {
                        $0.member("date", day.date)
                        $0.member("opened", day.opened)
                        $0.member("closed", day.closed)
                    }
                }
            }
        }
        return writer.bytes
    }

    private func writeTotals(to writer: inout JSONWriter) {
        let totals = summary.totals
        writer.object {
            $0.member("received", totals.received)
            $0.member("open", totals.open)
            $0.member("overdue", totals.overdue)
            $0.member("resolved", totals.resolved)
            $0.member("resolved_on_time", totals.resolvedOnTime)
            $0.member(
                "on_time_share",
                totals.resolved == 0 ? nil : Self.rounded(Double(totals.resolvedOnTime) / Double(totals.resolved)))
            $0.member("p50_s", totals.medianSeconds)
            $0.member("triage", totals.triage)
        }
    }

    private func write(_ row: Summary.AgencyRow, to writer: inout JSONWriter) {
        writer.object {
            $0.member("code", row.code)
            $0.member("received", row.received)
            $0.member("open", row.open)
            $0.member("overdue", row.overdue)
            $0.member("resolved", row.resolved)
            $0.member("on_time_share", row.onTimeShare.map(Self.rounded))
            $0.member("p50_s", row.p50Seconds)
            $0.member("p90_s", row.p90Seconds)
        }
    }

    private func write(_ code: String?, _ counts: Summary.Counts, to writer: inout JSONWriter) {
        writer.object {
            $0.member("code", code)
            $0.member("received", counts.received)
            $0.member("open", counts.open)
            $0.member("overdue", counts.overdue)
        }
    }

    private static func rounded(_ share: Double) -> Double { (share * 10_000).rounded() / 10_000 }

    /// The agency table, RFC 4180.
    var csv: String {
        var lines = ["agency,received,open,overdue,resolved,on_time_share,p50_s,p90_s"]
        for row in summary.agencies {
            let share = row.onTimeShare.map { "\(Self.rounded($0))" } ?? ""
            let times = [row.p50Seconds, row.p90Seconds].map { $0.map(String.init) ?? "" }
            lines.append(
                "\(row.code),\(row.received),\(row.open),\(row.overdue),\(row.resolved),\(share),"
                    + times.joined(separator: ","))
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }
}
