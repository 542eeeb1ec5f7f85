/// Whether an endpoint is sent anything.
package enum WebhookState: String, CaseIterable, Sendable { case active, disabled }

/// Why an endpoint is sent nothing; the raw value is stable, programs outside rely on it.
package enum WebhookReason: String, CaseIterable, Sendable {
    /// It said so itself (410).
    case gone
    /// It took an event at none of the attempts.
    case exhausted
    /// So many events are set aside for it that no further one is.
    case deadLettersFull = "dead_letters_full"
    /// The events that it lacked are no longer kept.
    case trimmed
    /// The agency or the operator asked for it.
    case asked

    package init(_ end: WebhookStep.End) { self = end == .gone ? .gone : .exhausted }
}

/// From where on a new endpoint is sent the stream.
package enum WebhookStart: Hashable, Sendable {
    /// Only what is new.
    case latest
    /// All that is kept.
    case earliest
    case after(Cursor)

    package init?(text: String) {
        switch text {
        case "latest": self = .latest
        case "earliest": self = .earliest
        default:
            guard let cursor = Cursor(text: text) else { return nil }
            self = .after(cursor)
        }
    }
}

/// The address of an endpoint.
package enum WebhookAddress {
    package static let lengthLimit = 2_000

    /// https, or http to a network that the operator allows; nil for anything else.
    package static func read(_ text: String) -> WebAddress? {
        WebAddress(text, allowsPlain: true, lengthLimit: lengthLimit)
    }
}

/// What an agency asks of an endpoint of its own, decoded and judged as far as its text tells.
package struct WebhookWish: Hashable, Sendable {
    package var address: WebAddress?
    package var policy: WebhookPolicy?
    /// nil: unchanged; empty: all.
    package var types: [EventType]?
    package var start: WebhookStart?
    package var state: WebhookState?

    package init(
        address: WebAddress? = nil, policy: WebhookPolicy? = nil, types: [EventType]? = nil,
        start: WebhookStart? = nil, state: WebhookState? = nil
    ) {
        self.address = address
        self.policy = policy
        self.types = types
        self.start = start
        self.state = state
    }

    /// Reads `{"url", "policy"?, "types"?, "after"?}` of a new endpoint, or `{"url"?, "policy"?, "types"?, "state"?}` of a
    /// change. Nil for what is no JSON, all faults at once for the rest.
    package static func read(_ body: [UInt8], isNew: Bool, policy: AddressPolicy) -> Result<WebhookWish, Faults>? {
        guard let reading = try? JSONReader.read(body) else { return nil }
        var reader = MemberReader(reading)
        var wish = WebhookWish()
        if isNew { reader.require("url") }
        wish.address = reader.address("url", policy)
        wish.policy = reader.choice("policy", WebhookPolicy.allCases)
        if reader.has("types") { wish.types = reader.types("types") }
        if isNew {
            wish.start = reader.start("after")
        } else {
            wish.state = reader.choice("state", WebhookState.allCases)
        }
        return reader.faults.isEmpty ? .success(wish) : .failure(Faults(reader.faults))
    }
}

/// Which dead letters are to be sent once more.
package struct WebhookReplay: Hashable, Sendable {
    package static let limit = 1_000

    /// Their numbers in the stream; nil: all.
    package var seqs: [Int64]?

    /// Reads `{"cursors"?: ["1-42", …]}`; an empty body asks for all.
    package static func read(_ body: [UInt8]) -> Result<WebhookReplay, Faults>? {
        if body.isEmpty { return .success(WebhookReplay()) }
        guard let reading = try? JSONReader.read(body) else { return nil }
        var reader = MemberReader(reading)
        guard reader.has("cursors") else {
            return reader.faults.isEmpty ? .success(WebhookReplay()) : .failure(Faults(reader.faults))
        }
        var seqs: [Int64] = []
        let written = reader.elements("cursors")
        if written.count > limit { reader.report(.tooMany, at: "cursors", "\(limit)") }
        for (index, value) in written.prefix(limit).enumerated() {
            if case .string(let text) = value, let cursor = Cursor(text: text) {
                seqs.append(cursor.seq)
            } else {
                reader.add(Fault(.malformedCursor, at: "/cursors/\(index)"))
            }
        }
        return reader.faults.isEmpty ? .success(WebhookReplay(seqs: seqs)) : .failure(Faults(reader.faults))
    }
}

extension MemberReader {
    fileprivate mutating func address(_ name: String, _ policy: AddressPolicy) -> WebAddress? {
        guard let text = text(name, TextRule(maximum: WebhookAddress.lengthLimit)) else { return nil }
        guard let address = WebhookAddress.read(text), address.isPermitted(by: policy) else {
            report(.malformedAddress, at: name)
            return nil
        }
        return address
    }

    fileprivate mutating func choice<Choice: RawRepresentable>(_ name: String, _ choices: [Choice]) -> Choice?
    where Choice.RawValue == String {
        guard let text = code(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            report(.unknownChoice, at: name, choices.map(\.rawValue).joined(separator: ", "))
            return nil
        }
        return choice
    }

    /// Types of events, as CloudEvents have them or by their last part alone.
    fileprivate mutating func types(_ name: String) -> [EventType] {
        var types: [EventType] = []
        for (index, value) in elements(name).prefix(EventType.allCases.count * 2).enumerated() {
            if case .string(let text) = value, let type = EventType(cloudEventType: text) ?? EventType(rawValue: text) {
                if !types.contains(type) { types.append(type) }
            } else {
                let known = EventType.allCases.map(\.cloudEventType).joined(separator: ", ")
                add(Fault(.unknownChoice, at: "/\(name)/\(index)", known))
            }
        }
        return types
    }

    fileprivate mutating func start(_ name: String) -> WebhookStart? {
        guard let text = code(name) else { return nil }
        guard let start = WebhookStart(text: text) else {
            report(.malformedCursor, at: name)
            return nil
        }
        return start
    }
}
