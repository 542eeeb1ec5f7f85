/// What came of one attempt to hand an event to an agency's endpoint.
package enum WebhookAnswer: Hashable, Sendable {
    /// The status of the answer, and how long it asks to wait, in seconds. A redirect is a status like any other.
    case status(Int, retryAfterSeconds: Int? = nil)
    /// No answer in time, nobody there, or an address that is not called.
    case none

    /// Whether the endpoint says that it is there no more.
    package var isGone: Bool { if case .status(410, _) = self { true } else { false } }
}

/// What an endpoint wants done with an event that it never took.
package enum WebhookPolicy: String, CaseIterable, Sendable {
    /// Nothing further is sent until somebody has looked: no event is ever passed over.
    case block
    /// The event is set aside, and the next ones go on.
    case deadLetter = "dead_letter"
}

/// What to do after an attempt: pure.
package enum WebhookStep: Hashable, Sendable {
    /// Why an endpoint gets nothing more.
    package enum End: String, Sendable {
        /// It said so itself (410).
        case gone
        /// It took an event at none of the attempts.
        case exhausted
    }

    case delivered
    case again(afterSeconds: Int)
    case deadLetter
    case disable(End)
}

/// When an event is tried again, and when no more.
package struct WebhookSchedule: Hashable, Sendable {
    /// No answer makes us wait longer.
    package static let longestHoldSeconds = 6 * 3_600

    /// Between an attempt and the next, at most, in seconds; there is one attempt more than there are pauses.
    package let pauses: [Int]

    package init(pauses: [Int]) { self.pauses = pauses }

    /// Some three days: soon at first, for a receiver that restarts; every four hours at the end, for a long weekend.
    package static let standard = WebhookSchedule(
        pauses: [5, 30, 120, 600, 1_800, 3_600, 7_200] + Array(repeating: 14_400, count: 17))

    /// - Parameters:
    ///   - attempts: how many there were for this event, this one included.
    ///   - spread: from 0 to 1, random, so that endpoints that failed together do not come back together. It only
    ///     shortens a pause, by a fifth at most: the schedule's end stays where it is.
    package func step(
        after answer: WebhookAnswer, attempts: Int, policy: WebhookPolicy, spread: Double
    ) -> WebhookStep {
        if answer.isGone { return .disable(.gone) }
        var wait = 0
        switch answer {
        case .status(200...299, _): return .delivered
        case .status(_, let asked): wait = min(max(asked ?? 0, 0), Self.longestHoldSeconds)
        case .none: break
        }
        guard attempts <= pauses.count else { return policy == .block ? .disable(.exhausted) : .deadLetter }
        let pause = Double(pauses[max(attempts, 1) - 1]) * (1 - min(max(spread, 0), 1) / 5)
        return .again(afterSeconds: max(Int(pause.rounded(.up)), wait))
    }
}
