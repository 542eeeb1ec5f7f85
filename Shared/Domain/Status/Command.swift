/// What someone, or the clock, does to a report; the raw value is its name in a path.
package enum Command: String, Hashable, Sendable, CaseIterable {
    case acknowledge, start, hold, resume, resolve, reject, transfer, comment, reopen
    /// The agency's to the reporter: a question, and the wish to call.
    case ask, contact
    /// The reporter's.
    case withdraw, rate, erase
    /// Anyone's who may read the report.
    case follow
    /// The clock's: a promised time has passed, or that for saying that it is not done.
    case escalate, close

    /// Those that an agency may give, in the order in which a desk offers them.
    package static let agency: [Command] = [
        .acknowledge, .start, .resume, .resolve, .hold, .transfer, .reject, .ask, .contact, .comment, .reopen,
    ]

    /// Those that a reporter may give, in the order in which the tracking page offers them. To erase has a page of its
    /// own.
    package static let reporter: [Command] = [.rate, .reopen, .comment, .withdraw]
}
