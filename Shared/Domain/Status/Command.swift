/// What someone, or the clock, does to a report; the raw value is its name in a path.
package enum Command: String, Hashable, Sendable, CaseIterable {
    case acknowledge, start, hold, resume, resolve, reject, transfer, comment, reopen
    /// The clock's: a promised time has passed.
    case escalate

    /// Those that an agency may give, in the order in which a desk offers them.
    package static let agency: [Command] = [
        .acknowledge, .start, .resume, .resolve, .hold, .transfer, .reject, .comment, .reopen,
    ]
}
