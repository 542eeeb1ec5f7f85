/// What came of one attempt to hand a message to a push service.
package enum PushAnswer: Hashable, Sendable {
    /// The status of the answer, and how long the service asks to wait, in seconds.
    case status(Int, retryAfterSeconds: Int? = nil)
    /// The service was not reached, or did not answer in time.
    case none
    /// The endpoint's name leads to an address that is not called.
    case forbidden
}

/// What to do after an attempt: pure.
package enum PushStep: Hashable, Sendable {
    /// The push service has it.
    case delivered
    /// Nobody is there any more, or never was: the subscription goes.
    case forget
    /// This message is not wanted so, now or ever; the next one may be.
    case giveUp
    /// Try again after so many seconds.
    case again(afterSeconds: Int)
}

/// When a message is tried again, and when no more.
package enum PushSchedule {
    /// Attempts for one message; the last comes some fifteen hours after the first.
    package static let attemptLimit = 8
    package static let firstPauseSeconds = 30
    package static let longestPauseSeconds = 6 * 3_600
    /// No service makes us wait longer.
    package static let longestHoldSeconds = 24 * 3_600

    /// - Parameters:
    ///   - attempts: how many there were, this one included.
    ///   - spread: from 0 to 1, random, so that those that failed together do not come back together.
    package static func step(after answer: PushAnswer, attempts: Int, spread: Double) -> PushStep {
        switch answer {
        case .status(200...299, _): return .delivered
        case .status(404, _), .status(410, _), .forbidden: return .forget
        case .status(let status, let wait) where status == 408 || status == 429 || status >= 500:
            return again(attempts, spread, wait)
        case .none: return again(attempts, spread, nil)
        case .status: return .giveUp
        }
    }

    private static func again(_ attempts: Int, _ spread: Double, _ wait: Int?) -> PushStep {
        guard attempts < attemptLimit else { return .giveUp }
        var pause = firstPauseSeconds
        for _ in 1..<max(attempts, 1) { pause = min(pause * 4, longestPauseSeconds) }
        let spreadOut = Int(Double(pause) * (0.75 + min(max(spread, 0), 1) / 2))
        return .again(afterSeconds: max(spreadOut, min(max(wait ?? 0, 0), longestHoldSeconds)))
    }
}
