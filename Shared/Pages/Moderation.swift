package import Domain

/// A report as the operator judges it.
package struct ModerationEntry: Sendable {
    package var report: ReportView
    package var state: ModerationState
    /// Of the flags that nobody has answered.
    package var reasons: [FlagReason: Int]

    package init(report: ReportView, state: ModerationState, reasons: [FlagReason: Int] = [:]) {
        self.report = report
        self.state = state
        self.reasons = reasons
    }

    func values(_ wording: Wording, in city: City?) -> [String: Any] {
        var values: [String: Any] = [
            "code": report.trackingCode, "href": "/moderasi/\(report.trackingCode)",
            "category": wording.category(report.category, report.subtype, in: city),
            "icon": wording.icon(report.category), "description": wording.description(of: report),
            "status": wording.status(report.status), "received": wording.moment(report.receivedAt),
            "place": wording.place(of: report), "is_hidden": state.isHidden, "is_redacted": state.isRedacted,
            "is_private": report.visibility == "private" && !state.isHidden,
            "history": wording.history(report.history, staff: true, in: city),
            "reasons": FlagReason.allCases.compactMap { reason -> [String: Any]? in
                reasons[reason].map { count in
                    ["name": wording("flag.reason_\(reason.rawValue)"), "n": wording.number(count)]
                }
            },
        ]
        if state.openFlags > 0 { values["flags"] = wording("moderation.flags", ["n": wording.number(state.openFlags)]) }
        values["hidden_since"] = state.hiddenAt.map { wording("moderation.hidden_since", ["at": wording.moment($0)]) }
        values["redacted_since"] = state.redactedAt.map {
            wording("moderation.redacted_since", ["at": wording.moment($0)])
        }
        return values
    }
}

/// A line of the log.
package struct ModerationLogEntry: Sendable {
    package var at: Timestamp
    /// nil once the report is gone.
    package var trackingCode: String?
    package var action: ModerationCommand
    package var keyID: String
    package var actor: String?
    package var reason: String

    package init(
        at: Timestamp, trackingCode: String?, action: ModerationCommand, keyID: String, actor: String? = nil,
        reason: String
    ) {
        self.at = at
        self.trackingCode = trackingCode
        self.action = action
        self.keyID = keyID
        self.actor = actor
        self.reason = reason
    }

    func values(_ wording: Wording) -> [String: Any] {
        var values: [String: Any] = [
            "at": wording.moment(at), "machine": wording.machine(at),
            "action": wording("moderation.done_\(action.rawValue)"), "key": keyID, "reason": reason,
        ]
        values["actor"] = actor
        values["report"] = trackingCode.map { ["code": $0, "href": "/moderasi/\($0)"] }
        return values
    }
}

/// `/moderasi`: what readers flagged, or what is hidden.
package struct ModerationList: Page {
    package var frame: Frame
    package var showsHidden: Bool
    package var entries: [ModerationEntry]
    /// Whether there may be more.
    package var isCut: Bool

    package init(frame: Frame, showsHidden: Bool, entries: [ModerationEntry], isCut: Bool = false) {
        self.frame = frame
        self.showsHidden = showsHidden
        self.entries = entries
        self.isCut = isCut
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "tabs": OperatorTabs.values(wording, here: "moderation"), "at_flagged": !showsHidden,
            "at_hidden": showsHidden, "reports": entries.map { $0.values(wording, in: frame.city) }, "cut": isCut,
        ]
        if entries.isEmpty { values["none"] = wording(showsHidden ? "moderation.none_hidden" : "moderation.none") }
        return PageContent(
            template: "moderation", title: wording("moderation.title"),
            styles: ["controls.css", "staff.css", "operator.css"], wide: true, values: values)
    }
}

/// `/moderasi/{code}`: one report with what may be done about it, and what was done.
package struct ModerationReport: Page {
    package enum Notice: Sendable {
        case done(ModerationCommand)
        case faulty(ModerationCommand, [Fault])
    }

    package var frame: Frame
    package var entry: ModerationEntry
    package var permitted: [ModerationCommand]
    package var lines: [ModerationLogEntry]
    package var notice: Notice?
    /// What was typed in a form that came back.
    package var typed: [String: String]

    package init(
        frame: Frame, entry: ModerationEntry, permitted: [ModerationCommand], lines: [ModerationLogEntry],
        notice: Notice? = nil, typed: [String: String] = [:]
    ) {
        self.frame = frame
        self.entry = entry
        self.permitted = permitted
        self.lines = lines
        self.notice = notice
        self.typed = typed
    }

    package func content(_ wording: Wording) -> PageContent {
        var values = entry.values(wording, in: frame.city)
        values["tabs"] = OperatorTabs.values(wording, here: "moderation")
        values["commands"] = permitted.map { command($0, wording) }
        values["lines"] = lines.map { $0.values(wording) }
        values["untouched"] = lines.isEmpty
        switch notice {
        case .done(let command): values["success"] = wording("moderation.done_\(command.rawValue)")
        case .faulty(let command, let faults):
            values["faults"] = [
                "list": faults.map { fault -> [String: Any] in
                    let field = fault.pointer == "/actor" ? "actor" : "reason"
                    return ["href": "#\(command.rawValue)-\(field)", "text": fault.text(wording)]
                }
            ]
        case nil: break
        }
        return PageContent(
            template: "moderation_report", title: "\(entry.report.trackingCode) · \(wording("moderation.title"))",
            styles: ["controls.css", "staff.css", "operator.css"], wide: true, values: values)
    }

    private func command(_ command: ModerationCommand, _ wording: Wording) -> [String: Any] {
        let name = command.rawValue
        var isOpen = false
        if case .faulty(command, _) = notice { isOpen = true }
        return [
            "name": name, "action": "/moderasi/\(entry.report.trackingCode)/\(name)",
            "label": wording("moderation.\(name)"), "hint": wording("moderation.\(name)_hint"),
            "go": wording("moderation.\(name)_go"), "grave": command == .redact, "open": isOpen,
            "reason": isOpen ? typed["reason"] ?? "" : "", "actor": isOpen ? typed["actor"] ?? "" : "",
        ]
    }
}

/// `/moderasi/catatan`: who did what, when and why.
package struct ModerationLog: Page {
    package var frame: Frame
    package var lines: [ModerationLogEntry]
    /// The last line's id, where there may be more.
    package var next: String?

    package init(frame: Frame, lines: [ModerationLogEntry], next: String? = nil) {
        self.frame = frame
        self.lines = lines
        self.next = next
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "tabs": OperatorTabs.values(wording, here: "moderation"), "at_log": true,
            "lines": lines.map { $0.values(wording) }, "untouched": lines.isEmpty,
        ]
        values["next"] = next.map { "/moderasi/catatan?sebelum=\($0)" }
        return PageContent(
            template: "moderation_log", title: wording("moderation.log"),
            styles: ["controls.css", "staff.css", "operator.css"], wide: true, values: values)
    }
}
