package import Domain

/// Between a form and its sending, where no script runs: the open reports that may be the same, and what the city
/// knows. It is shown once; the report that was written goes on with it, and is sent by its one button.
package struct SimilarReports: Page {
    package struct Offer: Sendable {
        package var report: ReportView
        /// From the point of the new report; nil where it has none.
        package var metres: Double?

        package init(report: ReportView, metres: Double?) {
            self.report = report
            self.metres = metres
        }
    }

    /// The field that says that this page was seen.
    package static let seenField = "sudah_lihat"

    package var frame: Frame
    package var offers: [Offer]
    package var announcements: [Announcement]
    /// The form's fields as they were posted.
    package var fields: [(name: String, value: String)]
    /// Of the forms that follow a report.
    package var followKey: String

    package init(
        frame: Frame, offers: [Offer], announcements: [Announcement] = [], fields: [(name: String, value: String)],
        followKey: String
    ) {
        self.frame = frame
        self.offers = offers
        self.announcements = announcements
        self.fields = fields
        self.followKey = followKey
    }

    package func content(_ wording: Wording) -> PageContent {
        let kept = fields.filter { !$0.value.isEmpty && $0.name != Self.seenField }
        let values: [String: Any] = [
            "fields": kept.map { ["name": $0.name, "value": $0.value] }, "seen": Self.seenField, "key": followKey,
            "offers": offers.map { offer -> [String: Any] in
                let report = offer.report
                var card: [String: Any] = [
                    "code": report.trackingCode, "description": report.description,
                    "icon": wording.icon(report.category),
                    "category": wording.category(report.category, report.subtype, in: frame.city),
                    "place": wording.place(of: report).joined(separator: " · "),
                    "status": wording.status(report.status),
                    "received": wording.moment(report.receivedAt),
                ]
                card["metres"] = offer.metres.map {
                    wording("similar.metres", ["m": wording.number(Int($0.rounded()))])
                }
                return card
            },
            "has_offers": !offers.isEmpty, "announcements": wording.announcements(announcements),
        ]
        return PageContent(
            template: "similar", title: wording("similar.title"),
            styles: ["controls.css", "citizen.css", "public.css"],
            here: "report", isUnlisted: true, values: values)
    }
}
