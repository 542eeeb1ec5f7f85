internal import Domain
internal import Pages

/// The public figures as JSON and as CSV (RFC 4180).
struct PerformanceTables: Sendable {
    let figures: PerformanceFigures
    let city: City

    // MARK: JSON

    var json: [UInt8] {
        let offset = city.utcOffset
        var writer = JSONWriter(capacity: 16 << 10)
        writer.object {
            $0.member("as_of", figures.asOf, offsetSeconds: offset)
            $0.key("periods")
            $0.array { writer in
                for (name, period) in [("30d", figures.month), ("12m", figures.year)] {
                    writer.object { write(name, period, to: &$0) }
                }
            }
            $0.key("flows")
            $0.array { writer in
                for flow in figures.flows {
                    writer.object {
                        $0.member("agency", flow.agency)
                        write("weeks", flow.weeks, to: &$0)
                        write("months", flow.months, to: &$0)
                    }
                }
            }
        }
        return writer.bytes
    }

    private func write(_ name: String, _ period: PerformanceFigures.Period, to writer: inout JSONWriter) {
        writer.member("period", name)
        writer.member("from", period.from, offsetSeconds: city.utcOffset)
        writer.member("to", period.to, offsetSeconds: city.utcOffset)
        writer.key("totals")
        writer.object { write(period.total, to: &$0) }
        for (name, rows) in [("agencies", period.agencies), ("categories", period.categories)] {
            writer.key(name)
            writer.array { writer in
                for row in rows {
                    writer.object {
                        $0.member("code", row.code)
                        write(row, to: &$0)
                    }
                }
            }
        }
    }

    private func write(_ row: PerformanceFigures.Row, to writer: inout JSONWriter) {
        writer.member("received", row.received)
        writer.member("resolved", row.resolved)
        writer.member("on_time_share", row.onTimeShare.map(Self.rounded))
        writer.member("p50_s", row.p50Seconds)
        writer.member("p90_s", row.p90Seconds)
    }

    private func write(_ name: String, _ steps: [PerformanceFigures.Step], to writer: inout JSONWriter) {
        writer.key(name)
        writer.array { writer in
            for step in steps {
                writer.object {
                    $0.member("from", step.from)
                    $0.member("received", step.received)
                    $0.member("resolved", step.resolved)
                }
            }
        }
    }

    /// `{"as_of", "below": 5, "counts": [{"category", "month", "district_code", "district", "reports"}]}`; `reports` is
    /// null for 1 to `below` − 1.
    var sensitiveJSON: [UInt8] {
        var writer = JSONWriter(capacity: 8 << 10)
        writer.object {
            $0.member("as_of", figures.asOf, offsetSeconds: city.utcOffset)
            $0.member("below", PublicCount.leastTold)
            $0.key("counts")
            $0.array { writer in
                for cell in cells {
                    writer.object {
                        $0.member("category", cell.category)
                        $0.member("month", cell.month.text)
                        $0.member("district_code", cell.district.isEmpty ? nil : cell.district)
                        $0.member("district", districts[cell.district])
                        $0.member("reports", cell.count.number)
                    }
                }
            }
        }
        return writer.bytes
    }

    private var districts: [String: String] {
        Dictionary(city.areas.map { ($0.districtCode, $0.district) }, uniquingKeysWith: { first, _ in first })
    }

    private var cells: [(category: CategoryCode, month: CivilMonth, district: String, count: PublicCount)] {
        figures.sensitive.flatMap { table in
            table.districts.flatMap { district in
                zip(figures.months, district.counts).compactMap { month, count in
                    count.map { (table.category, month, district.code, $0) }
                }
            }
        }
    }

    private static func rounded(_ share: Double) -> Double { (share * 10_000).rounded() / 10_000 }

    // MARK: CSV

    /// Agencies and categories, in both periods.
    var csv: String {
        var lines = ["period,from,to,dimension,code,received,resolved,on_time_share,p50_s,p90_s"]
        for (name, period) in [("30d", figures.month), ("12m", figures.year)] {
            let from = CityDay(period.from, offsetSeconds: city.utcOffset).text
            let to = CityDay(period.to, offsetSeconds: city.utcOffset).text
            for (dimension, rows) in [("agency", period.agencies), ("category", period.categories)] {
                for row in rows {
                    let share = row.onTimeShare.map { "\(Self.rounded($0))" } ?? ""
                    let times = [row.p50Seconds, row.p90Seconds].map { $0.map(String.init) ?? "" }
                    lines.append(
                        "\(name),\(from),\(to),\(dimension),\(row.code),\(row.received),\(row.resolved),\(share),"
                            + times.joined(separator: ","))
                }
            }
        }
        return Self.text(lines)
    }

    var flowCSV: String {
        var lines = ["agency,step,from,received,resolved"]
        for flow in figures.flows {
            for (step, steps) in [("week", flow.weeks), ("month", flow.months)] {
                lines += steps.map { "\(flow.agency),\(step),\($0.from),\($0.received),\($0.resolved)" }
            }
        }
        return Self.text(lines)
    }

    var sensitiveCSV: String {
        var lines = ["category,month,district_code,district,reports"]
        lines += cells.map { cell in
            let count = cell.count.number.map(String.init) ?? "< \(PublicCount.leastTold)"
            return
                "\(cell.category),\(cell.month.text),\(cell.district),\(Self.quoted(districts[cell.district] ?? "")),\(count)"
        }
        return Self.text(lines)
    }

    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { "\",\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private static func text(_ lines: [String]) -> String { lines.joined(separator: "\r\n") + "\r\n" }
}
