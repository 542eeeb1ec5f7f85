/// What an update of a request says of it, in the words of mySociety's extension of Open311.
package enum Open311UpdateStatus: String, Hashable, Sendable, CaseIterable {
    case open
    case inProgress = "in_progress"
    case fixed, closed, duplicate
    case actionScheduled = "action_scheduled"
    case investigating
    case noFurtherAction = "no_further_action"
    case notCouncilsResponsibility = "not_councils_responsibility"
    case internalReferral = "internal_referral"

    /// The word for a line of a report's history.
    ///
    /// - Parameters:
    ///   - type: the line's.
    ///   - reason: of a rejection its code.
    package init(type: String, status: ReportStatus, reason: String?) {
        if type == EventType.transferredOut.rawValue || type == EventType.assigned.rawValue && status == .triage {
            self = .internalReferral
            return
        }
        switch status {
        case .received, .triage, .assigned, .reopened: self = .open
        case .acknowledged: self = .investigating
        case .inProgress: self = .inProgress
        case .onHold: self = .actionScheduled
        case .resolved: self = .fixed
        case .closed, .withdrawn: self = .closed
        case .duplicate: self = .duplicate
        case .rejected:
            switch reason.flatMap(CommandRequest.RejectReason.init(rawValue:)) {
            case .notOurs, .outOfArea: self = .notCouncilsResponsibility
            default: self = .noFurtherAction
            }
        }
    }

    /// What the reporter's own word adds to what they write; nil where it adds nothing. It settles nothing by itself:
    /// an agency resolves, and a report is opened again by its reporter's key.
    package var reportersWord: String? {
        switch self {
        case .fixed, .closed: "[Menurut pelapor: sudah selesai]"
        case .open: nil
        case .noFurtherAction: "[Menurut pelapor: tidak perlu ditindaklanjuti lagi]"
        case .inProgress, .duplicate, .actionScheduled, .investigating, .notCouncilsResponsibility, .internalReferral:
            nil
        }
    }
}
