package import Domain

/// `/loket`: the report form as an officer fills it in for somebody who calls or stands at the counter. A plain form.
package struct CounterForm: Page {
    /// How somebody came.
    package enum Via: String, Sendable, CaseIterable {
        case phone, counter
    }

    package struct Values: Sendable {
        package var report: ReportForm.Values
        package var via: Via?

        /// From the posted fields: those of the report form, and via.
        package init(_ fields: [String: String] = [:]) {
            report = ReportForm.Values(fields)
            via = fields["via"].flatMap(Via.init(rawValue:))
        }
    }

    package var frame: Frame
    package var values: Values
    package var faults: [Fault]
    /// A UUID made for this form, so that sending twice makes one report.
    package var idempotencyKey: String

    package init(frame: Frame, values: Values = Values(), faults: [Fault] = [], idempotencyKey: String) {
        self.frame = frame
        self.values = values
        self.faults = faults
        self.idempotencyKey = idempotencyKey
    }

    package func content(_ wording: Wording) -> PageContent {
        let form = ReportForm(
            frame: frame, values: values.report, faults: faults, idempotencyKey: idempotencyKey)
        var content = form.content(wording)
        content.template = "counter_form"
        content.title = wording("counter.title")
        content.styles = ["controls.css", "citizen.css", "operator.css"]
        content.scripts = []
        content.here = ""
        content.values["via"] = Via.allCases.map { via in
            [
                "code": via.rawValue, "name": wording("counter.via_\(via.rawValue)"), "checked": via == values.via,
            ] as [String: Any]
        }
        content.values["tabs"] = OperatorTabs.values(wording, here: "counter")
        return content
    }
}

/// After a report was written down: what is handed over to the person, to be read out or printed.
package struct CounterSent: Page {
    package var frame: Frame
    package var trackingCode: String
    /// The whole address of `/k/{reporter_key}`.
    package var privateLink: String
    /// Where the code is typed in.
    package var trackingLink: String
    package var receivedAt: Timestamp
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var area: ReportArea?
    package var expected: ReportSent.Expectation

    package init(
        frame: Frame, trackingCode: String, privateLink: String, trackingLink: String, receivedAt: Timestamp,
        category: CategoryCode?, subtype: SubtypeCode? = nil, area: ReportArea?, expected: ReportSent.Expectation
    ) {
        self.frame = frame
        self.trackingCode = trackingCode
        self.privateLink = privateLink
        self.trackingLink = trackingLink
        self.receivedAt = receivedAt
        self.category = category
        self.subtype = subtype
        self.area = area
        self.expected = expected
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "code": trackingCode, "link": privateLink, "track": trackingLink, "at": wording.moment(receivedAt),
            "category": wording.category(category, subtype, in: frame.city),
            "agency": wording.agency(expected.agency, in: frame.city),
            "acknowledge": wording.moment(expected.acknowledgeBy),
            "tabs": OperatorTabs.values(wording, here: "counter"),
        ]
        values["resolve"] = expected.resolveBy.map(wording.moment)
        values["place"] = area.map { area in
            wording(
                area.isApproximate ? "place.about" : "place.exact", ["area": area.name, "district": area.district])
        }
        return PageContent(
            template: "counter_sent", title: wording("counter.sent_title"),
            styles: ["controls.css", "citizen.css", "follow.css", "operator.css"], scripts: ["print.js"],
            values: values)
    }
}
