package import Domain

/// `/desk/{code}/laporan/{id}`: one report with all that an officer needs, and the commands that fit it now.
package struct DeskReport: Page {
    /// What came of the command that was just sent.
    package enum Notice: Sendable {
        /// It was carried out.
        case done(Command)
        /// Somebody else was faster (412).
        case stale
        /// The status does not allow it (409); the reason, where there is one to tell.
        case refused(String?)
        /// What the form lacked.
        case faulty([Fault])
    }

    /// A command's form as it was posted.
    package struct Typed: Sendable {
        package var command: Command
        package var fields: [String: String]

        package init(command: Command, fields: [String: String]) {
            self.command = command
            self.fields = fields
        }
    }

    package var frame: Frame
    package var agency: AgencyCode
    package var report: ReportView
    /// The commands that this viewer may give now.
    package var permitted: [Command]
    package var channel: String?
    package var notice: Notice?
    /// Another for each time that the page is written.
    package var idempotencyKey: String
    /// What was typed, when a form came back with a fault.
    package var typed: Typed?

    package init(
        frame: Frame, agency: AgencyCode, report: ReportView, permitted: [Command], channel: String? = nil,
        notice: Notice? = nil, idempotencyKey: String, typed: Typed? = nil
    ) {
        self.frame = frame
        self.agency = agency
        self.report = report
        self.permitted = permitted
        self.channel = channel
        self.notice = notice
        self.idempotencyKey = idempotencyKey
        self.typed = typed
    }

    package func content(_ wording: Wording) -> PageContent {
        let category = wording.category(report.category, report.subtype, in: frame.city)
        var values: [String: Any] = [
            "agency": agency.rawValue, "agency_name": wording.agency(agency, in: frame.city),
            "id": report.id, "code": report.trackingCode, "version": report.version, "urgent": report.isUrgent,
            "category": category, "icon": wording.icon(report.category), "description": wording.description(of: report),
            "status": wording.status(report.status), "place": wording.place(of: report),
            "private": report.visibility == "private", "received": wording.moment(report.receivedAt),
            "answers": wording.answers(report.answers, category: report.category, in: frame.city),
            "deadlines": wording.deadlines(report), "idempotency_key": idempotencyKey,
            "history": wording.history(report.history, staff: true, in: frame.city),
            "commands": commands(wording), "erased": report.isErased,
            "none": permitted.allSatisfy { [.comment, .ask, .contact].contains($0) },
        ]
        values["photos"] = wording.photoList(report.photos)
        values["why"] = report.why
        // What the agency that passed it on said to this one; the last hand-over brought it here.
        values["handed_over"] = report.history.last { $0.type == EventType.transferredOut.rawValue }?.reason
        values["channel"] = channel
        values["point"] = report.location.map { point(at: $0, wording) }
        values["forward"] = Forwarding(report: report, city: frame.city, wording: wording).values
        values.merge(noticeValues(wording)) { _, new in new }
        return PageContent(
            template: "desk_report", title: "\(report.trackingCode) · \(category)",
            styles: ["controls.css", "staff.css", "photos.css", "desk.css"],
            scripts: ["offline.js", "commands.js", "where.js", "copy.js"],
            wide: true, values: values)
    }

    private func point(at location: Coordinate, _ wording: Wording) -> [String: Any] {
        var point: [String: Any] = [
            "lat": String(location.lat), "lon": String(location.lon),
            "source": wording.find("place.source_\(report.locationSource)") ?? report.locationSource,
        ]
        point["area"] = report.area?.code.rawValue
        point["tiles"] = frame.city?.map.values
        return point
    }

    private func noticeValues(_ wording: Wording) -> [String: Any] {
        switch notice {
        case .done(let command): ["success": wording("command.done_\(command.rawValue)")]
        case .stale: ["failure": wording("command.stale")]
        case .refused(let reason): ["failure": reason ?? wording("command.refused")]
        case .faulty(let faults): ["failure": wording("command.faulty"), "faults": faults.map { $0.line(wording) }]
        case nil: [:]
        }
    }

    /// The key of each command, in the order in which the desk offers them.
    private static let keys: [(command: Command, key: String)] = [
        (.acknowledge, "A"), (.start, "S"), (.resume, "L"), (.resolve, "R"), (.hold, "H"), (.transfer, "T"),
        (.reject, "X"), (.ask, "Q"), (.contact, "P"), (.reopen, "B"), (.comment, "K"),
    ]

    private func commands(_ wording: Wording) -> [[String: Any]] {
        let offered = Self.keys.filter { permitted.contains($0.command) }
        return offered.enumerated().map { index, entry in
            let name = entry.command.rawValue
            let fields = typed?.command == entry.command ? typed?.fields ?? [:] : [:]
            // A command without fields is one button; the first one is the one that usually comes next.
            let isPlain = [.acknowledge, .start, .resume].contains(entry.command)
            var values: [String: Any] = [
                "name": name, "label": wording("command.\(name)"), "key": entry.key, "icon": "do-\(name)",
                "action": "/desk/\(agency)/laporan/\(report.id)/\(name)", "plain": isPlain,
                "main": index == 0 && ![.comment, .ask, .contact].contains(entry.command),
                "open": typed?.command == entry.command,
                "\(name)_fields": true, "typed": fields,
                "note_label": wording(entry.command == .resolve ? "command.note_resolve" : "command.note"),
            ]
            values["notes"] = ![.ask, .contact].contains(entry.command)
            if entry.command == .transfer { values["transfer"] = transferChoices(fields, wording) }
            if entry.command == .reject { values["reasons"] = rejectReasons(fields, wording) }
            return values
        }
    }

    private func transferChoices(_ fields: [String: String], _ wording: Wording) -> [String: Any] {
        let agencies = (frame.city?.agencies ?? []).filter { $0.code != agency }.map { other -> [String: Any] in
            [
                "code": other.code.rawValue, "name": other.name[wording.language],
                "selected": fields["to"] == other.code.rawValue,
            ]
        }
        let categories = (frame.city?.categories ?? []).map { category -> [String: Any] in
            [
                "code": category.code.rawValue, "name": category.name[wording.language],
                "selected": fields["category"] == category.code.rawValue,
            ]
        }
        let detailed = (frame.city?.categories ?? []).filter { !$0.subtypes.isEmpty }
        let kinds = detailed.map { category -> [String: Any] in
            let subtypes = category.subtypes.map { subtype -> [String: Any] in
                [
                    "code": subtype.code.rawValue, "name": subtype.name[wording.language],
                    "selected": fields["subtype"] == subtype.code.rawValue,
                ]
            }
            return ["name": category.name[wording.language], "subtypes": subtypes]
        }
        let present = wording.category(report.category, nil, in: frame.city)
        return ["agencies": agencies, "categories": categories, "kinds": kinds, "present": present]
    }

    private func rejectReasons(_ fields: [String: String], _ wording: Wording) -> [[String: Any]] {
        ["not_ours", "duplicate", "invalid", "out_of_area", "abuse"].map { (code: String) -> [String: Any] in
            ["code": code, "name": wording("reason.\(code)"), "checked": fields["reason"] == code]
        }
    }
}
