/// What the city's operator does about what a report says in public.
package enum ModerationCommand: String, Hashable, Sendable, CaseIterable {
    /// Takes it out of everything that anyone may read.
    case hide
    case unhide
    /// Takes what people wrote out of all that is kept, for good.
    case redact
    /// Says that nothing is wrong with it.
    case dismiss
}

/// How a report stands in public.
package struct ModerationState: Hashable, Sendable {
    /// Readers who flagged it since the flags were last dismissed.
    package var openFlags: Int
    /// nil while anyone may read it who may by its category and its reporter's wish.
    package var hiddenAt: Timestamp?
    package var redactedAt: Timestamp?

    package var isHidden: Bool { hiddenAt != nil }
    package var isRedacted: Bool { redactedAt != nil }

    /// A report that nobody flagged and nobody touched.
    package static let untouched = ModerationState()

    package init(openFlags: Int = 0, hiddenAt: Timestamp? = nil, redactedAt: Timestamp? = nil) {
        self.openFlags = openFlags
        self.hiddenAt = hiddenAt
        self.redactedAt = redactedAt
    }

    /// Whether the command would change anything. One that would not is done already: a retry of it is answered the
    /// same, and leaves no second line in the audit.
    package func isChanged(by command: ModerationCommand) -> Bool {
        switch command {
        case .hide: !isHidden
        case .unhide: isHidden
        case .redact: !isRedacted
        case .dismiss: openFlags > 0
        }
    }

    /// Where the report stands after the command. Hiding and redacting answer the flags; showing it again does not.
    package func after(_ command: ModerationCommand, at now: Timestamp) -> ModerationState {
        guard isChanged(by: command) else { return self }
        var state = self
        switch command {
        case .hide: (state.hiddenAt, state.openFlags) = (now, 0)
        case .unhide: state.hiddenAt = nil
        case .redact: (state.redactedAt, state.openFlags) = (now, 0)
        case .dismiss: state.openFlags = 0
        }
        return state
    }

    /// What may be done now, in the order in which it is offered.
    package var permitted: [ModerationCommand] { ModerationCommand.allCases.filter { isChanged(by: $0) } }
}

/// A command of the operator, with what the audit keeps of it.
package struct ModerationRequest: Hashable, Sendable {
    /// Why; only the operator reads it.
    package static let reasonRule = TextRule(minimum: 3, maximum: 500)
    package static let actorRule = TextRule(maximum: 100)

    package var command: ModerationCommand
    package var reason: String
    /// Which of those who share the operator's key, as they name themselves.
    package var actor: String?

    package init(_ command: ModerationCommand, reason: String, actor: String? = nil) {
        self.command = command
        self.reason = reason
        self.actor = actor
    }

    /// Reads `{"reason", "actor"?}`: the request, or every fault; nil for what is no JSON.
    package static func read(_ command: ModerationCommand, body: [UInt8]) -> Result<ModerationRequest, Faults>? {
        guard let reading = try? JSONReader.read(body) else { return nil }
        var reader = MemberReader(reading)
        // A body that is no object has this one fault.
        if let fault = reader.faults.first, fault.code == .notAnObject { return .failure(Faults([fault])) }
        reader.require("reason")
        let reason = reader.text("reason", reasonRule)
        let actor = reader.text("actor", actorRule)
        guard reader.faults.isEmpty, let reason else { return .failure(Faults(reader.faults)) }
        return .success(ModerationRequest(command, reason: reason, actor: actor))
    }
}
