internal import CoreMetrics
internal import Domain
internal import FoundationEssentials
internal import Logging
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry

/// Drains one city's inbox: claims, decides, files, and claims again until nothing is found.
struct Router: Sendable {
    let jurisdiction: JurisdictionCode
    let cities: CityRegistry
    let inbox: InboxStore
    let hints: Wake
    let announce: @Sendable ([StreamHead]) -> Void
    let logger: Logger
    let reportLog: ReportLog
    let setAside = SetAside()
    /// How often one pass looks for what it cannot file.
    private static let searchLimit = 8
    /// How long a search waits for one stream's counter. All other streams wait with it, so it is short: a counter that
    /// is merely busy is free again within a commit, and if not it is looked at again soon.
    private static let patience: Duration = .milliseconds(10)
    /// The most portions of what was set aside that one look gives back; the next look goes on.
    private static let portionsGivenBack = 20
    /// How often somebody looks at what was set aside: while this process knows of some, and else.
    private static let looks: (often: Duration, seldom: Duration) = (.milliseconds(100), .seconds(1))

    /// Drains on every hint, and at least once a second, until the task is cancelled.
    ///
    /// While more waits than one claim takes, a second lane claims beside the first: one reads and decides while the
    /// other's flush is with the store. A trickle is one lane's alone.
    func run() async {
        let backlog = Wake()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await hints.ring(every: .seconds(1)) }
            group.addTask { await drain(whenever: hints, backlog: backlog) }
            group.addTask { await drain(whenever: backlog, backlog: backlog) }
            group.addTask { await giveBack() }
        }
    }

    private func drain(whenever bell: Wake, backlog: Wake) async {
        var isUntold = false
        while !Task.isCancelled {
            let count = bell.count
            do {
                let isProductive = try await drain(backlog)
                if isUntold, isProductive { RoutingMetrics.hintGaps.increment() }
                isUntold = false
            } catch {
                logger.warning("inbox not drained; trying again", metadata: [LogKey.error: "\(error)"])
            }
            await bell.wait(since: count.generation)
            isUntold = bell.onlyTicked(since: count)
        }
    }

    /// Goes through the inbox once.
    ///
    /// - Returns: whether anything was filed, so that it is worth looking again at once.
    private func drain(_ backlog: Wake) async throws -> Bool {
        guard let city = cities.city(jurisdiction) else { return false }
        var isProductive = false
        let desk = RoutingDesk(city)
        var position = InboxPosition.start
        var searches = 0
        var reach = ClaimReach.whole
        while !Task.isCancelled {
            let claim: Claim
            do {
                claim = try await file(desk, after: position, reach: reach)
            } catch let error as PostgresError where searches < Self.searchLimit && (error.isLock || !error.isRetryable)
            {
                // One stream's counter is held, or one report is refused: the others need not wait for it.
                searches += 1
                if error.isLock {
                    try await findHeldStreams(desk, after: position)
                } else {
                    try await findRefusedReports(desk, after: position)
                }
                continue
            }
            isProductive = isProductive || claim.filed > 0
            // What the store refuses stays, and is passed over.
            let isThrough = claim.filed + claim.setAside == claim.read
            if !isThrough, let last = claim.last { position = last }
            if claim.read < InboxStore.claimLimit {
                // Everything that was waiting in the parts of this claim: the other half may hold more.
                if reach == .whole { break }
                reach = .whole
                continue
            }
            // Where something stays, the parts that wait longest are its own: then all must be looked at.
            reach = isThrough ? .half : .whole
            if claim.filed > 0 { backlog.ring() }
        }
        return isProductive
    }

    private func file(
        _ desk: RoutingDesk, after position: InboxPosition, reach: ClaimReach = .whole, patience: Duration? = nil,
        only stream: AgencyCode? = nil, where isWanted: @escaping @Sendable (UUID) -> Bool = { _ in true }
    ) async throws -> Claim {
        let aside = setAside.names
        let start = ContinuousClock.now
        let filed = Mutex<[(item: InboxItem, filed: FiledOutcome)]>([])
        let held = stream == nil ? aside.streams : []
        let claim = try await inbox.claim(
            in: jurisdiction, after: position, reach: reach, settingAsideFor: held, patience: patience
        ) { items, now in
            let decided = desk.decide(items, at: now).filter { decided in
                let (agency, report) = (decided.filed.outcome.state.agency, decided.item.report.id)
                return (stream ?? agency) == agency && !aside.reports.contains(report) && isWanted(report)
            }
            filed.withLock {
                $0 = held.isEmpty ? decided : decided.filter { !held.contains($0.filed.outcome.state.agency) }
            }
            return decided
        }
        if claim.filed > 0 {
            announce(claim.heads)
            // The hint goes out on this same thread: before the next claim, not after it was sent.
            await Task.yield()
            let filed = filed.withLock { $0 }
            RoutingMetrics.count(filed, in: ContinuousClock.now - start)
            let steps = filed.map { ($0.item.report.id, $0.item.report.trace, $0.filed.outcome.state.agency) }
            reportLog.note("Report routed", count: steps.count) {
                steps.map { ReportLog.Line($0, $1, [LogKey.agency: "\($2)"]) }
            }
        }
        return claim
    }

    /// Files stream by stream, and sets those aside whose counter is held.
    private func findHeldStreams(_ desk: RoutingDesk, after position: InboxPosition) async throws {
        let aside = setAside.names.streams
        for stream in desk.streams where !aside.contains(stream) {
            do {
                _ = try await file(desk, after: position, patience: Self.patience, only: stream)
            } catch let error as PostgresError where error.isLock {
                logger.warning("stream locked by someone; its reports wait", metadata: [LogKey.stream: "\(stream)"])
                setAside.add(stream)
            }
        }
    }

    /// Gives back what waits for streams that are free again, whoever set it aside, beside the lanes: nobody waits for
    /// these looks.
    private func giveBack() async {
        while !Task.isCancelled {
            do {
                for stream in try await inbox.heldStreams(in: jurisdiction).union(setAside.names.streams)
                where !setAside.names.passedOver.contains(stream) {
                    guard try await inbox.isFree(stream, in: jurisdiction) else {
                        setAside.add(stream)
                        continue
                    }
                    setAside.remove(stream)
                    for _ in 0..<Self.portionsGivenBack {
                        let isAll = try await inbox.giveBack(stream, in: jurisdiction)
                        hints.ring()
                        if isAll { break }
                    }
                }
            } catch {
                logger.warning(
                    "what was set aside is not looked at; trying again", metadata: [LogKey.error: "\(error)"])
            }
            try? await Task.sleep(for: setAside.names.streams.isEmpty ? Self.looks.seldom : Self.looks.often)
        }
    }

    /// Files by halves until what the store refuses stands alone, and sets it aside.
    private func findRefusedReports(_ desk: RoutingDesk, after position: InboxPosition) async throws {
        let waiting = Mutex<[UUID]>([])
        _ = try await inbox.claim(in: jurisdiction, after: position) { items, _ in
            waiting.withLock { $0 = items.map(\.report.id) }
            return []
        }
        var portions = [waiting.withLock { $0 }[...]]
        while let portion = portions.popLast(), !portion.isEmpty {
            let wanted = Set(portion)
            do {
                _ = try await file(desk, after: position) { wanted.contains($0) }
            } catch let error as PostgresError where !error.isRetryable {
                guard portion.count == 1, let report = portion.first else {
                    let middle = portion.startIndex + portion.count / 2
                    portions += [portion[..<middle], portion[middle...]]
                    continue
                }
                logger.error(
                    "The store refuses to route a report; it waits in the inbox",
                    metadata: [LogKey.report: "\(report.text)", LogKey.error: "\(error)"])
                setAside.add(report)
            }
        }
    }
}

extension PostgresError {
    /// Somebody else holds a lock that was waited for.
    var isLock: Bool { sqlState == .lockNotAvailable }
}
