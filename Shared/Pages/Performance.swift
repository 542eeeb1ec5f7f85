package import Domain

/// How the city performs, as anyone may read it: without sensitive categories in any sum.
package struct PerformanceFigures: Sendable {
    /// What was resolved is told in times and shares from so many resolutions on: fewer say nothing of an agency, and
    /// may say something of somebody.
    package static let leastResolved = 5

    /// An agency's or a category's part of a period.
    package struct Row: Sendable {
        package var code: String
        /// Reports received in the period.
        package var received: Int
        /// Resolutions in the period, and how many of them were within the promised time.
        package var resolved: Int
        package var onTime: Int
        /// From receipt to resolved, in seconds; nil below `leastResolved`.
        package var p50Seconds: Int?
        package var p90Seconds: Int?

        package init(
            code: String, received: Int, resolved: Int, onTime: Int, p50Seconds: Int?, p90Seconds: Int?
        ) {
            self.code = code
            self.received = received
            self.resolved = resolved
            self.onTime = onTime
            self.p50Seconds = p50Seconds
            self.p90Seconds = p90Seconds
        }

        /// From 0 to 1; nil below `leastResolved`.
        package var onTimeShare: Double? {
            resolved < PerformanceFigures.leastResolved ? nil : Double(onTime) / Double(resolved)
        }
    }

    package struct Period: Sendable {
        package var from: Timestamp
        /// Exclusive.
        package var to: Timestamp
        package var total: Row
        package var agencies: [Row]
        package var categories: [Row]

        package init(from: Timestamp, to: Timestamp, total: Row, agencies: [Row], categories: [Row]) {
            self.from = from
            self.to = to
            self.total = total
            self.agencies = agencies
            self.categories = categories
        }
    }

    /// What came in and was done in one week or month.
    package struct Step: Sendable, Hashable {
        /// Its first day, such as `2026-11-23`.
        package var from: String
        package var received: Int
        package var resolved: Int

        package init(from: String, received: Int, resolved: Int) {
            self.from = from
            self.received = received
            self.resolved = resolved
        }
    }

    /// An agency's steps, the last of which is not over.
    package struct Flow: Sendable {
        package var agency: AgencyCode
        package var weeks: [Step]
        package var months: [Step]

        package init(agency: AgencyCode, weeks: [Step], months: [Step]) {
            self.agency = agency
            self.weeks = weeks
            self.months = months
        }
    }

    /// A sensitive category's published months.
    package struct Sensitive: Sendable {
        package struct District: Sendable {
            /// Empty where no kelurahan is known.
            package var code: String
            /// In the order of `months`; nil for a month of which nothing was published here.
            package var counts: [PublicCount?]

            package init(code: String, counts: [PublicCount?]) {
                self.code = code
                self.counts = counts
            }
        }

        package var category: CategoryCode
        package var districts: [District]

        package init(category: CategoryCode, districts: [District]) {
            self.category = category
            self.districts = districts
        }
    }

    package var asOf: Timestamp
    /// The last 30 days, and the last 12 months.
    package var month: Period
    package var year: Period
    package var flows: [Flow]
    /// The published months, the latest first.
    package var months: [CivilMonth]
    package var sensitive: [Sensitive]

    package init(
        asOf: Timestamp, month: Period, year: Period, flows: [Flow], months: [CivilMonth], sensitive: [Sensitive]
    ) {
        self.asOf = asOf
        self.month = month
        self.year = year
        self.flows = flows
        self.months = months
        self.sensitive = sensitive
    }
}

/// `/kinerja`: what came in, what was done, and how fast, by agency and by category.
package struct Performance: Page {
    package enum Span: String, Sendable, CaseIterable {
        case month = "30-hari"
        case year = "12-bulan"
    }

    package var frame: Frame
    package var figures: PerformanceFigures
    package var span: Span

    package init(frame: Frame, figures: PerformanceFigures, span: Span = .month) {
        self.frame = frame
        self.figures = figures
        self.span = span
    }

    package func content(_ wording: Wording) -> PageContent {
        let period = span == .month ? figures.month : figures.year
        let last = period.to.adding(seconds: -1)
        let values: [String: Any] = [
            "period": wording("dashboard.period", ["from": wording.day(period.from), "to": wording.day(last)]),
            "as_of": wording("dashboard.as_of", ["at": wording.moment(figures.asOf)]),
            "spans": Span.allCases.map { other in
                [
                    "href": other == .month ? "/kinerja" : "/kinerja?masa=\(other.rawValue)",
                    "name": wording("performance.span_\(other == .month ? "month" : "year")"), "here": other == span,
                ] as [String: Any]
            },
            "total": total(period.total, wording),
            "few": wording(
                "performance.few", ["n": String(PerformanceFigures.leastResolved)]),
            "agencies": period.agencies.map { row in
                let agency = frame.city?.agency(AgencyCode(rawValue: row.code))
                return line(row, agency?.name[wording.language] ?? row.code.uppercased(), wording)
            },
            "categories": period.categories.map { row in
                line(row, wording.category(CategoryCode(rawValue: row.code), nil, in: frame.city), wording)
            },
            "none": period.total.received == 0 && period.total.resolved == 0,
            "flow_heading": wording("performance.flow_\(span == .month ? "weeks" : "months")"),
            "step_heading": wording("performance.step_\(span == .month ? "week" : "month")"),
            "flows": figures.flows.map { flow($0, wording) }.filter { $0["empty"] as? Bool == false },
            "sensitive": sensitive(wording), "nothing_published": figures.months.isEmpty,
        ]
        return PageContent(
            template: "performance", title: wording("performance.title"), styles: ["controls.css", "performance.css"],
            scripts: ["app.js"], summary: wording("performance.lead"), canonical: "/kinerja", values: values)
    }

    private func total(_ row: PerformanceFigures.Row, _ wording: Wording) -> [[String: String]] {
        func figure(_ name: String, _ value: String, _ places: [String: String] = [:]) -> [String: String] {
            ["name": wording("figure.\(name)"), "value": value, "of": wording("figure.\(name)_of", places)]
        }
        let told = ["n": wording.number(row.onTime), "all": wording.number(row.resolved)]
        return [
            figure("received", wording.number(row.received)), figure("resolved", wording.number(row.resolved)),
            row.onTimeShare.map { figure("on_time", wording.percent($0), told) }
                ?? ["name": wording("figure.on_time"), "value": "–", "of": wording("performance.too_few")],
            row.p50Seconds.map {
                figure("median", wording.duration(seconds: $0), ["n": wording.number(row.resolved)])
            } ?? ["name": wording("figure.median"), "value": "–", "of": wording("performance.too_few")],
        ]
    }

    private func line(_ row: PerformanceFigures.Row, _ name: String, _ wording: Wording) -> [String: Any] {
        [
            "name": name, "received": wording.number(row.received), "resolved": wording.number(row.resolved),
            "share": row.onTimeShare.map(wording.percent) ?? "–",
            "p50": row.p50Seconds.map { wording.duration(seconds: $0) } ?? "–",
            "p90": row.p90Seconds.map { wording.duration(seconds: $0) } ?? "–",
        ]
    }

    // MARK: small multiples

    /// An agency's bars in a drawing 60 units high: what came in, and beside it what was done.
    private func flow(_ flow: PerformanceFigures.Flow, _ wording: Wording) -> [String: Any] {
        let steps = span == .month ? flow.weeks : flow.months
        let most = steps.flatMap { [$0.received, $0.resolved] }.max() ?? 0
        let bars = steps.enumerated().map { index, step -> [String: Any] in
            let (received, resolved) = (step.received * 60 / max(most, 1), step.resolved * 60 / max(most, 1))
            return [
                "x": index * 20 + 2, "x2": index * 20 + 10, "y": 60 - received, "y2": 60 - resolved,
                "received": received, "resolved": resolved, "name": name(of: step, wording),
                "received_n": wording.number(step.received), "resolved_n": wording.number(step.resolved),
            ]
        }
        let agency = frame.city?.agency(flow.agency)
        return [
            "code": flow.agency.rawValue, "name": agency?.short ?? flow.agency.rawValue.uppercased(),
            "width": max(steps.count, 1) * 20, "bars": bars, "empty": most == 0,
            "most": wording("performance.most", ["n": wording.number(most)]),
            "sums": wording(
                "performance.sums",
                [
                    "received": wording.number(steps.reduce(0) { $0 + $1.received }),
                    "resolved": wording.number(steps.reduce(0) { $0 + $1.resolved }),
                ]),
        ]
    }

    private func name(of step: PerformanceFigures.Step, _ wording: Wording) -> String {
        span == .month ? wording.shortDay(step.from) : wording.monthOfYear(step.from)
    }

    // MARK: sensitive categories

    private func sensitive(_ wording: Wording) -> [[String: Any]] {
        let months = figures.months.map { ["name": wording.monthOfYear($0.text)] }
        let names = Dictionary(
            (frame.city?.areas ?? []).map { ($0.districtCode, $0.district) }, uniquingKeysWith: { first, _ in first })
        return figures.sensitive.map { table in
            let rows = table.districts.map { district -> [String: Any] in
                [
                    "name": names[district.code] ?? wording("performance.no_district"),
                    "counts": district.counts.map { ["text": wording.publicCount($0)] },
                ]
            }
            return [
                "code": table.category.rawValue, "name": wording.category(table.category, nil, in: frame.city),
                "months": months, "rows": rows,
            ]
        }
    }
}

extension Wording {
    /// A number, "< 5" for a few, and a dash for what was not published.
    func publicCount(_ count: PublicCount?) -> String {
        switch count {
        case .exactly(let n): number(n)
        case .few: "< \(PublicCount.leastTold)"
        case nil: "–"
        }
    }
}
