internal import Domain

/// `/lacak/{code}/tandai`: what is wrong with what a report says.
package struct FlagForm: Page {
    package enum Step: Sendable {
        case asked
        /// No reason was chosen.
        case incomplete
        /// The browser keeps no cookies, so it could not be counted once.
        case withoutCookie
        case done
    }

    package var frame: Frame
    package var trackingCode: String
    package var step: Step

    package init(frame: Frame, trackingCode: String, step: Step) {
        self.frame = frame
        self.trackingCode = trackingCode
        self.step = step
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "code": trackingCode, "back": "/lacak/\(trackingCode)", "incomplete": step == .incomplete,
            "cookieless": step == .withoutCookie,
        ]
        if step != .done {
            values["form"] = [
                "action": "/lacak/\(trackingCode)/tandai",
                "reasons": FlagReason.allCases.map { reason in
                    [
                        "code": reason.rawValue, "name": wording("flag.reason_\(reason.rawValue)"),
                        "hint": wording("flag.hint_\(reason.rawValue)"),
                    ]
                },
            ]
        }
        let title = step == .done ? "flag.done_title" : step == .incomplete ? "report.title_fault" : "flag.title"
        return PageContent(
            template: "flag", title: wording(title), styles: ["controls.css", "citizen.css"], here: "track",
            values: values)
    }
}
