package import Domain

/// What a reporter may do on the tracking page of the own report, and what came of what was done.
package struct OwnReport: Sendable {
    package enum Notice: Sendable {
        case done(Command)
        /// Why it was not done, and by which form.
        case refused(Command, String)
        /// The report stands elsewhere by now, where this is not possible.
        case changed
    }

    /// One reading of the reporter's identity.
    package struct Reading: Sendable {
        package var at: Timestamp
        /// nil for the city's operator.
        package var agency: AgencyCode?
        /// nil once the report was erased.
        package var purpose: String?

        package init(at: Timestamp, agency: AgencyCode?, purpose: String?) {
            self.at = at
            self.agency = agency
            self.purpose = purpose
        }
    }

    /// What is held of the reporter.
    package struct Privacy: Sendable {
        package var isHeld: Bool
        package var mayContact: Bool
        /// For how many days after the report's end it is kept.
        package var days: Int?
        /// Whether what was written was erased.
        package var isErased: Bool
        /// The latest first.
        package var readings: [Reading]

        package init(isHeld: Bool, mayContact: Bool, days: Int?, isErased: Bool, readings: [Reading]) {
            self.isHeld = isHeld
            self.mayContact = mayContact
            self.days = days
            self.isErased = isErased
            self.readings = readings
        }
    }

    package var permitted: [Command]
    /// Of the forms, so that one that is sent twice does nothing twice.
    package var idempotencyKey: String
    package var notice: Notice?
    /// What was written in the form that was refused.
    package var typed: String
    /// What the agency asked, while it is not answered.
    package var question: String?
    package var privacy: Privacy?
    package var link: PrivateLink?

    package init(
        permitted: [Command], idempotencyKey: String, notice: Notice? = nil, typed: String = "",
        question: String? = nil, privacy: Privacy? = nil, link: PrivateLink? = nil
    ) {
        self.permitted = permitted
        self.idempotencyKey = idempotencyKey
        self.notice = notice
        self.typed = typed
        self.question = question
        self.privacy = privacy
        self.link = link
    }

    func values(_ wording: Wording, code: String, in city: City?) -> [String: Any] {
        // Who is asked finds where to answer first.
        let isAsked = question != nil
        let forms = isAsked ? permitted.filter { $0 == .comment } + permitted.filter { $0 != .comment } : permitted
        var values: [String: Any] = ["forms": forms.map { form($0, wording, code: code) }]
        values["question"] = question
        values["privacy"] = privacy.map { Self.held($0, wording, code: code, in: city) }
        values["private_link"] = link?.values(opens: false)
        switch notice {
        case .done(let command):
            let text = wording("own.done_\(command.rawValue)")
            values["notice"] = ["kind": "success", "role": "status", "icon": "status-done", "text": text]
        case .refused(_, let why): values["notice"] = Self.failure(why)
        case .changed: values["notice"] = Self.failure(wording("own.changed"))
        case nil: break
        }
        return values
    }

    private static func held(
        _ privacy: Privacy, _ wording: Wording, code: String, in city: City?
    ) -> [String: Any] {
        var lines: [String] = []
        if privacy.isErased { lines.append(wording("privacy.erased")) }
        if privacy.isHeld {
            lines.append(wording("privacy.held", ["days": wording.number(privacy.days ?? 0)]))
            lines.append(wording(privacy.mayContact ? "privacy.may_contact" : "privacy.no_contact"))
        } else if !privacy.isErased {
            lines.append(wording("privacy.anonymous"))
        }
        let readings = privacy.readings.map { reading -> [String: Any] in
            var line: [String: Any] = [
                "at": wording.moment(reading.at), "machine": wording.machine(reading.at),
                "who": reading.agency.map { wording.agency($0, in: city) } ?? wording("privacy.operator"),
            ]
            line["purpose"] = reading.purpose
            return line
        }
        var values: [String: Any] = ["lines": lines, "erase": "/lacak/\(code)/hapus", "can_erase": !privacy.isErased]
        if !readings.isEmpty { values["read"] = ["readings": readings] }
        if readings.isEmpty, privacy.isHeld { values["unread"] = true }
        return values
    }

    private static func failure(_ why: String) -> [String: Any] {
        ["kind": "failure", "role": "alert", "icon": "warning", "text": why]
    }

    private func form(_ command: Command, _ wording: Wording, code: String) -> [String: Any] {
        let name = command.rawValue
        var isOpen = false
        if case .refused(command, _) = notice { isOpen = true }
        var form: [String: Any] = [
            "name": name, "action": "/lacak/\(code)/\(name)", "key": idempotencyKey, "icon": "do-\(name)",
            "typed": isOpen ? typed : "", "open": isOpen,
        ]
        if command == .rate {
            form["rate"] = form.merging(["marks": Array(1...5).map(String.init)]) { $1 }
            return form
        }
        let isAnswer = command == .comment && question != nil
        if isAnswer, notice == nil { form["open"] = true }
        form["label"] = wording(isAnswer ? "privacy.answer" : "own.\(name)")
        form["question"] = wording(isAnswer ? "privacy.answer_note" : "own.\(name)_note")
        form["hint"] = wording("own.\(name)_hint")
        form["go"] = wording("own.\(name)_go")
        form["optional"] = command == .withdraw
        form["takes_photos"] = command != .withdraw
        return form
    }
}
