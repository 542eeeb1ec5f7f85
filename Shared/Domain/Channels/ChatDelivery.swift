/// A message to a person, as it waits to be sent.
package struct ChatDelivery: Hashable, Sendable, Codable {
    package var address: String
    package var text: String
    /// Whether the phone is to offer its position.
    package var asksPlace: Bool
    /// What an approved template is filled with where free text is not taken; empty for what is not worth one.
    package var parameters: [String]

    package init(address: String, text: String, asksPlace: Bool = false, parameters: [String] = []) {
        self.address = address
        self.text = text
        self.asksPlace = asksPlace
        self.parameters = parameters
    }
}

/// A message that the provider has approved, with places to fill.
package struct ChatTemplate: Hashable, Sendable, Codable {
    package var name: String
    /// As the provider has it, such as `id`.
    package var language: String

    package init(name: String, language: String) {
        self.name = name
        self.language = language
    }
}

/// What came of one attempt to hand a message to a provider.
package enum ChatAnswer: Hashable, Sendable {
    case taken
    /// The person's chat is not open any more: free text is not taken.
    case outsideWindow
    /// Whoever it is for takes nothing from us, now or later.
    case unreachable
    case refused
    case later(seconds: Int?)

    init(status: Int, wait: Int?) {
        switch status {
        case 200...299: self = .taken
        case 408, 429, 500...: self = .later(seconds: wait)
        // Our own credentials may be wrong for a while; the message is not.
        case 401, 403, 404: self = .later(seconds: wait)
        default: self = .refused
        }
    }
}

/// What to do after an attempt: pure.
package enum ChatStep: Hashable, Sendable {
    case delivered
    case giveUp
    /// The person is told nothing any more, of any report.
    case forget
    case again(afterSeconds: Int)
}

/// When a message is tried again, and when no more.
package enum ChatSchedule {
    /// Attempts for one message; the last comes some five hours after the first.
    package static let attemptLimit = 9
    private static let firstPause_s = 4
    private static let longestPause_s = 2 * 3_600
    /// No provider makes us wait longer.
    private static let longestHold_s = 6 * 3_600

    /// - Parameters:
    ///   - attempts: how many there were, this one included.
    ///   - spread: from 0 to 1, random, so that those that failed together do not come back together.
    package static func step(after answer: ChatAnswer, attempts: Int, spread: Double) -> ChatStep {
        switch answer {
        case .taken: return .delivered
        case .unreachable: return .forget
        case .refused, .outsideWindow: return .giveUp
        case .later(let wait):
            guard attempts < attemptLimit else { return .giveUp }
            var pause = firstPause_s
            for _ in 1..<max(attempts, 1) { pause = min(pause * 3, longestPause_s) }
            let spreadOut = Int(Double(pause) * (0.75 + min(max(spread, 0), 1) / 2))
            return .again(afterSeconds: max(spreadOut, min(max(wait ?? 0, 0), longestHold_s)))
        }
    }

    /// How a message goes out: as it is, as a template, or not at all.
    package enum Form: Hashable, Sendable {
        case text
        case template(ChatTemplate)
        case none
    }

    /// - Parameters:
    ///   - heardAt: when the person last wrote; nil where that is forgotten, which it is only long after.
    ///   - window: for how long after that free text is taken; nil where there is no such bound.
    package static func form(
        of delivery: ChatDelivery, heardAt: Timestamp?, now: Timestamp, window: Int?, template: ChatTemplate?
    ) -> Form {
        guard let window else { return .text }
        if let heardAt, now < heardAt.adding(seconds: window) { return .text }
        guard let template, !delivery.parameters.isEmpty else { return .none }
        return .template(template)
    }
}
