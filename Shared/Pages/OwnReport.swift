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

    package var permitted: [Command]
    /// Of the forms, so that one that is sent twice does nothing twice.
    package var idempotencyKey: String
    package var notice: Notice?
    /// What was written in the form that was refused.
    package var typed: String

    package init(permitted: [Command], idempotencyKey: String, notice: Notice? = nil, typed: String = "") {
        self.permitted = permitted
        self.idempotencyKey = idempotencyKey
        self.notice = notice
        self.typed = typed
    }

    func values(_ wording: Wording, code: String) -> [String: Any] {
        var values: [String: Any] = ["forms": permitted.map { form($0, wording, code: code) }]
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
        form["label"] = wording("own.\(name)")
        form["question"] = wording("own.\(name)_note")
        form["hint"] = wording("own.\(name)_hint")
        form["go"] = wording("own.\(name)_go")
        form["optional"] = command == .withdraw
        return form
    }
}
