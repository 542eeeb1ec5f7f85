package import Domain

/// What a desk is shown that asked whom it may call: once, and never from a cache.
package struct DeskContact: Page {
    package enum State: Sendable {
        case disclosed(Person, reason: String, version: Int?)
        /// The reporter has not agreed, or the report stands where nobody is called.
        case refused(String)
        /// What the form lacked, and what was typed.
        case faulty([Fault], typed: String)
    }

    package var frame: Frame
    package var agency: AgencyCode
    /// The report's id.
    package var report: String
    package var state: State
    package var idempotencyKey: String

    package init(frame: Frame, agency: AgencyCode, report: String, state: State, idempotencyKey: String) {
        self.frame = frame
        self.agency = agency
        self.report = report
        self.state = state
        self.idempotencyKey = idempotencyKey
    }

    package func content(_ wording: Wording) -> PageContent {
        let path = "/desk/\(agency)/laporan/\(report)"
        var values: [String: Any] = ["id": report, "back": path, "version": 0]
        switch state {
        case .disclosed(let person, let reason, let version):
            values["version"] = version ?? 0
            var shown: [String: Any] = ["name": person.name ?? wording("privacy.no_name"), "reason": reason]
            shown["phone"] = person.phone.map { number -> [String: Any] in
                ["number": number, "dial": number.filter { $0.isASCII && ($0.isNumber || $0 == "+") }]
            }
            values["person"] = shown
        case .refused(let why): values["failure"] = why
        case .faulty(let faults, let typed):
            values["failure"] = wording("command.faulty")
            values["faults"] = faults.map { $0.line(wording) }
            values["form"] = ["action": path + "/contact", "key": idempotencyKey, "typed": typed]
        }
        return PageContent(
            template: "desk_contact", title: wording("privacy.contact_heading"),
            styles: ["controls.css", "staff.css"], scripts: ["offline.js", "commands.js"], wide: true, values: values)
    }
}
