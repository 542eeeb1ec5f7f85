package import Domain

/// `/desk/{code}/cetak`: the open work on paper, for a team without phones or a wall.
package struct DeskPrint: Page {
    package var frame: Frame
    package var agency: AgencyCode
    /// The open reports, the first due first.
    package var open: [ReportView]
    package var choice: DeskChoice
    /// There is more than the list holds.
    package var isCut: Bool

    package init(
        frame: Frame, agency: AgencyCode, open: [ReportView], choice: DeskChoice = DeskChoice(), isCut: Bool = false
    ) {
        self.frame = frame
        self.agency = agency
        self.open = open
        self.choice = choice
        self.isCut = isCut
    }

    package func content(_ wording: Wording) -> PageContent {
        let name = wording.agency(agency, in: frame.city)
        var values: [String: Any] = [
            "agency_name": name, "desk": "/desk/\(agency)\(choice.query())",
            "as_of": wording("desk_print.as_of", ["n": wording.number(open.count), "at": printed(frame.now, wording)]),
            "rows": open.map { row($0, wording) }, "none": open.isEmpty, "cut": isCut,
        ]
        values["said"] = choice.values(wording, in: frame.city)["said"]
        return PageContent(
            template: "desk_print", title: wording("desk_print.title", ["agency": name]),
            styles: ["controls.css", "staff.css", "print.css"], scripts: ["print.js"], wide: true, values: values)
    }

    private func row(_ report: ReportView, _ wording: Wording) -> [String: Any] {
        var row: [String: Any] = [
            "code": report.trackingCode, "urgent": report.isUrgent,
            "category": wording.category(report.category, report.subtype, in: frame.city),
            "place": wording.place(of: report, isShort: true).joined(separator: " · "),
            "status": wording("status.\(report.status.rawValue)"), "description": report.description,
            "href": "/desk/\(agency)/laporan/\(report.id)",
        ]
        if let due = report.nextDueAt {
            row["due"] = ["at": printed(due, wording), "late": wording.isLate(due)]
        }
        return row
    }

    /// Paper is read tomorrow too: no "today".
    private func printed(_ at: Timestamp, _ wording: Wording) -> String {
        "\(wording.day(at)), \(wording.clock(at))"
    }
}
