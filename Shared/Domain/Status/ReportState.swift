package import FoundationEssentials

/// Where one routed report stands.
package struct ReportState: Hashable, Sendable {
    package var id: UUID
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var area: AreaCode?
    package var channel: ChannelCode
    package var receivedAt: Timestamp
    package var status: ReportStatus
    /// 1 when routing has decided, one more with every event after that.
    package var version: Int
    /// Who has it: an agency, or the triage agency.
    package var agency: AgencyCode
    package var priority: Priority
    /// How often an agency has passed it on; triage's own transfers do not count.
    package var transfers: Int
    package var deadlines: Deadlines
    package var acknowledgedAt: Timestamp?
    package var startedAt: Timestamp?
    package var resolvedAt: Timestamp?
    package var heldUntil: Timestamp?
    /// The reporter's judgement of the present resolution, 1 to 5.
    package var rating: Int?
    /// Whether the reporter has reopened it after a rejection, which is possible once.
    package var isAppealed: Bool
    /// For how many days after the report's end the reporter's identity is kept; nil where none is held.
    package var identityDays: Int?
    /// Whether the reporter agreed that the agency may call.
    package var mayContact: Bool

    package init(
        id: UUID, category: CategoryCode?, subtype: SubtypeCode?, area: AreaCode?, channel: ChannelCode,
        receivedAt: Timestamp, status: ReportStatus, version: Int, agency: AgencyCode, priority: Priority,
        transfers: Int = 0, deadlines: Deadlines, acknowledgedAt: Timestamp? = nil, startedAt: Timestamp? = nil,
        resolvedAt: Timestamp? = nil, heldUntil: Timestamp? = nil, rating: Int? = nil, isAppealed: Bool = false,
        identityDays: Int? = nil, mayContact: Bool = false
    ) {
        self.id = id
        self.category = category
        self.subtype = subtype
        self.area = area
        self.channel = channel
        self.receivedAt = receivedAt
        self.status = status
        self.version = version
        self.agency = agency
        self.priority = priority
        self.transfers = transfers
        self.deadlines = deadlines
        self.acknowledgedAt = acknowledgedAt
        self.startedAt = startedAt
        self.resolvedAt = resolvedAt
        self.heldUntil = heldUntil
        self.rating = rating
        self.isAppealed = isAppealed
        self.identityDays = identityDays
        self.mayContact = mayContact
    }

    /// What whoever has the report must do next, and by when; nil when nothing is left to do.
    package var nextDue: (kind: DeadlineKind, at: Timestamp)? {
        guard status.isOpen else { return nil }
        if acknowledgedAt == nil { return (.acknowledge, deadlines.acknowledgeBy) }
        if startedAt == nil, let arriveBy = deadlines.arriveBy { return (.arrive, arriveBy) }
        return (.resolve, deadlines.resolveBy)
    }

    /// Whether what a timer of this kind waits for may still come.
    package func isPending(_ kind: DeadlineKind) -> Bool {
        switch kind {
        case .acknowledge: status.isOpen && acknowledgedAt == nil
        case .arrive: status.isOpen && deadlines.arriveBy != nil && startedAt == nil
        case .resolve: status.isOpen
        case .resume: status == .onHold && heldUntil != nil
        case .close: status == .resolved
        case .forget: status.isEnd && identityDays != nil
        }
    }

    /// What the reporter may do now, in the order in which the tracking page offers it.
    package func reporterCommands(at now: Timestamp, in city: City) -> [Command] {
        let window = (resolvedAt ?? now).adding(seconds: city.limits.reporterReopenSeconds)
        return Transition.allowed(from: status, by: .reporter).filter { command in
            switch command {
            case .rate: rating == nil && now <= window
            case .reopen: status == .rejected ? !isAppealed : now <= window
            default: true
            }
        }
    }
}
