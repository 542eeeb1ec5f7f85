package import Domain

/// The city's figures as the dashboard shows them: CONTRACT §3's `GET /v1/analytics/summary`.
package struct Summary: Sendable {
    package struct Totals: Sendable {
        /// Reports received in the period.
        package var received: Int
        /// Open now, whenever they came.
        package var open: Int
        /// Open now and past a promised time.
        package var overdue: Int
        /// Resolved in the period.
        package var resolved: Int
        /// Of `resolved`: those within the promised time.
        package var resolvedOnTime: Int
        /// From receipt to resolved, in seconds; nil while nothing is resolved.
        package var medianSeconds: Int?
        /// Waiting for the triage's decision now.
        package var triage: Int

        package init(
            received: Int, open: Int, overdue: Int, resolved: Int, resolvedOnTime: Int, medianSeconds: Int?,
            triage: Int
        ) {
            self.received = received
            self.open = open
            self.overdue = overdue
            self.resolved = resolved
            self.resolvedOnTime = resolvedOnTime
            self.medianSeconds = medianSeconds
            self.triage = triage
        }
    }

    package struct AgencyRow: Sendable {
        package var code: AgencyCode
        package var received: Int
        package var open: Int
        package var overdue: Int
        package var resolved: Int
        /// From 0 to 1; nil while nothing is resolved.
        package var onTimeShare: Double?
        package var p50Seconds: Int?
        package var p90Seconds: Int?

        package init(
            code: AgencyCode, received: Int, open: Int, overdue: Int, resolved: Int, onTimeShare: Double?,
            p50Seconds: Int?, p90Seconds: Int?
        ) {
            self.code = code
            self.received = received
            self.open = open
            self.overdue = overdue
            self.resolved = resolved
            self.onTimeShare = onTimeShare
            self.p50Seconds = p50Seconds
            self.p90Seconds = p90Seconds
        }
    }

    package struct CategoryRow: Sendable {
        /// Nil for reports without one.
        package var code: CategoryCode?
        package var counts: Counts

        package init(code: CategoryCode?, counts: Counts) {
            self.code = code
            self.counts = counts
        }
    }

    package struct AreaRow: Sendable {
        package var code: AreaCode
        package var counts: Counts

        package init(code: AreaCode, counts: Counts) {
            self.code = code
            self.counts = counts
        }
    }

    package struct Counts: Sendable {
        package var received: Int
        package var open: Int
        package var overdue: Int

        package init(received: Int, open: Int, overdue: Int) {
            self.received = received
            self.open = open
            self.overdue = overdue
        }
    }

    package struct Day: Sendable {
        /// `2026-11-24`, the city's date.
        package var date: String
        package var opened: Int
        package var closed: Int

        package init(date: String, opened: Int, closed: Int) {
            self.date = date
            self.opened = opened
            self.closed = closed
        }
    }

    package var asOf: Timestamp
    package var from: Timestamp
    /// Exclusive.
    package var to: Timestamp
    package var totals: Totals
    package var agencies: [AgencyRow]
    package var categories: [CategoryRow]
    package var areas: [AreaRow]
    package var days: [Day]

    package init(
        asOf: Timestamp, from: Timestamp, to: Timestamp, totals: Totals, agencies: [AgencyRow],
        categories: [CategoryRow], areas: [AreaRow], days: [Day]
    ) {
        self.asOf = asOf
        self.from = from
        self.to = to
        self.totals = totals
        self.agencies = agencies
        self.categories = categories
        self.areas = areas
        self.days = days
    }
}
