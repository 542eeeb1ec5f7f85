internal import CoreMetrics
internal import Telemetry
internal import ZeroMQ

/// What came in over ZeroMQ, and what became of the replies.
struct IngressMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        /// Carried out; of `reports` single lines may have been refused.
        case answered
        /// Understood, and refused with a problem.
        case refused
        /// Not understood.
        case malformed
        /// The key was open when the connection was made, and is not any more.
        case revoked
    }

    enum Reply: String, CaseIterable {
        case sent
        /// The peer has gone.
        case gone
        /// The peer reads so slowly that there is no room left for its replies.
        case dropped
    }

    private let requests = LabelledCounters(.ingressRequests, ["outcome"])
    private let replies = LabelledCounters(.ingressReplies, ["outcome"])

    init() {
        for outcome in Outcome.allCases { _ = requests[outcome.rawValue] }
        for reply in Reply.allCases { _ = replies[reply.rawValue] }
    }

    func count(_ outcome: Outcome) { requests[outcome.rawValue].increment() }

    func count(_ outcome: Socket.SendOutcome) {
        let reply: Reply =
            switch outcome {
            case .sent, .queued: .sent
            case .unreachable: .gone
            case .full: .dropped
            }
        replies[reply.rawValue].increment()
    }
}
