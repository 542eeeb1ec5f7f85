package import Domain

/// After a report was taken: its code, its private link, and what happens next.
package struct ReportSent: Page {
    /// Who will answer, and by when, as far as the city's rules say.
    package struct Expectation: Sendable {
        package var agency: AgencyCode
        package var acknowledgeBy: Timestamp
        package var resolveBy: Timestamp?

        package init(agency: AgencyCode, acknowledgeBy: Timestamp, resolveBy: Timestamp? = nil) {
            self.agency = agency
            self.acknowledgeBy = acknowledgeBy
            self.resolveBy = resolveBy
        }
    }

    package var frame: Frame
    package var trackingCode: String
    /// The whole address of `/k/{reporter_key}`, to be kept.
    package var privateLink: PrivateLink
    package var category: CategoryCode?
    package var area: ReportArea?
    package var isPrivate: Bool
    package var expected: Expectation?
    /// What a browser subscribes to the report's news with; nil where it cannot.
    package var news: String?

    package init(
        frame: Frame, trackingCode: String, privateLink: PrivateLink, category: CategoryCode? = nil,
        area: ReportArea? = nil,
        isPrivate: Bool = false, expected: Expectation? = nil, news: String? = nil
    ) {
        self.news = news
        self.frame = frame
        self.trackingCode = trackingCode
        self.privateLink = privateLink
        self.category = category
        self.area = area
        self.isPrivate = isPrivate
        self.expected = expected
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "code": trackingCode, "private_link": privateLink.values(opens: true), "track": "/lacak/\(trackingCode)",
            "private": isPrivate,
            "about": area.map { area in
                wording(
                    area.isApproximate ? "place.about" : "place.exact",
                    ["area": area.name, "district": area.district])
            } ?? "",
            "has_area": area != nil,
        ]
        values["news"] = NewsOffer.values(key: news, code: trackingCode)
        if let category = category.flatMap({ frame.city?.category($0) }), category.urgent {
            values["call"] = wording.call(category, shown: true)
        }
        if let expected {
            var step: [String: Any] = [
                "agency": wording.agency(expected.agency, in: frame.city),
                "acknowledge": wording.moment(expected.acknowledgeBy),
            ]
            step["resolve"] = expected.resolveBy.map(wording.moment)
            values["expected"] = step
        }
        return PageContent(
            template: "sent", title: wording("sent.title"),
            styles: ["controls.css", "citizen.css", "follow.css", "app.css"],
            scripts: ["app.js", "sent.js"], here: "report", values: values)
    }
}
