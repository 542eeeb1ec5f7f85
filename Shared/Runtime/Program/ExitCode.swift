/// How a process ends, by the codes of sysexits.h.
package enum ExitCode: Int32, Sendable {
    case success = 0
    /// The command line is wrong.
    case usage = 64
    /// Something the service needs could not be had at the start.
    case unavailable = 69
    /// The service failed while it ran.
    case software = 70
    /// The settings are wrong.
    case configuration = 78
}

/// Why a service cannot start, and what to do about it, in one line each.
package struct StartFailure: Error, Sendable, CustomStringConvertible {
    package let reason: String
    package let advice: String
    package let code: ExitCode

    package init(_ reason: String, advice: String, code: ExitCode = .unavailable) {
        self.reason = reason
        self.advice = advice
        self.code = code
    }

    package var description: String { "\(reason). \(advice)" }
}
