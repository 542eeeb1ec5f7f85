internal import Domain
internal import FoundationEssentials
internal import Storage

/// An agency's reports as programs read them: one shape for the list, the single report and a command's answer.
struct WorkJSON: Sendable {
    private let city: City
    private let areas: [AreaCode: ReportArea]
    private let offset: Int

    init(_ loaded: LoadedCity) {
        city = loaded.city
        offset = loaded.city.utcOffset
        areas = Dictionary(
            loaded.city.areas.map { ($0.code, ReportArea($0, isApproximate: false)) }, uniquingKeysWith: { a, _ in a })
    }

    /// `{"reports":[…]}`
    func list(_ works: [WorkRecord], at now: Timestamp) -> [UInt8] {
        var writer = JSONWriter(capacity: 64 + works.count * 1_500)
        writer.object {
            $0.key("reports")
            $0.array { for work in works { entry(work, at: now, to: &$0) } }
        }
        return writer.bytes
    }

    /// One report, with its history where it is given.
    func entry(_ work: WorkRecord, history: [HistoryLine]? = nil, at now: Timestamp) -> [UInt8] {
        var writer = JSONWriter(capacity: 2_048)
        entry(work, history: history, at: now, to: &writer)
        return writer.bytes
    }

    /// Where the report was seen, as far as it is known.
    func area(of report: ReportRecord) -> ReportArea? {
        var area = report.area.flatMap { areas[$0] }
        area?.isApproximate = report.isAreaApproximate
        return area
    }

    private func entry(
        _ work: WorkRecord, history: [HistoryLine]? = nil, at now: Timestamp, to writer: inout JSONWriter
    ) {
        let (report, state) = (work.report, work.state)
        writer.beginObject()
        writer.member("id", report.id)
        writer.member("tracking_code", report.trackingCode)
        writer.member("status", state.status.rawValue)
        writer.member("colour", state.status.colour.rawValue)
        writer.member("version", state.version)
        writer.member("agency", state.agency)
        writer.member("priority", state.priority.rawValue)
        writer.member("category", state.category)
        writer.member("subtype", state.subtype)
        writer.member("description", report.erasedAt == nil ? report.description : nil)
        if report.erasedAt != nil { writer.member("redacted", true) }
        place(of: report, to: &writer)
        if let answers = report.answers { writer.member("attributes", answers) }
        media(report.photos, of: report.id, to: &writer)
        writer.member("channel", report.channel)
        let visibility = city.visibility(chosen: report.visibility, categories: [report.category, state.category])
        writer.member("visibility", visibility.rawValue)
        writer.member("received_at", report.receivedAt, offsetSeconds: offset)
        writer.member("observed_at", report.observedAt, offsetSeconds: offset)
        writer.member("why", work.why)
        writer.member("transfers", state.transfers)
        writer.key("deadlines")
        state.deadlines.write(to: &writer, offsetSeconds: offset)
        writer.member("next_due", state.nextDue?.kind.rawValue)
        writer.member("next_due_at", state.nextDue?.at, offsetSeconds: offset)
        writer.member("acknowledged_at", state.acknowledgedAt, offsetSeconds: offset)
        writer.member("started_at", state.startedAt, offsetSeconds: offset)
        writer.member("resolved_at", state.resolvedAt, offsetSeconds: offset)
        writer.member("held_until", state.heldUntil, offsetSeconds: offset)
        writer.member("rating", state.rating)
        writer.member("contact_allowed", report.mayContact)
        writer.member("changed_at", work.changedAt, offsetSeconds: offset)
        writer.key("commands")
        writer.array { for command in work.commands(at: now, in: city) { $0.value(command.rawValue) } }
        if let history {
            writer.key("history")
            writer.array { for line in history { self.line(line, of: report.id, to: &$0) } }
        }
        writer.endObject()
    }

    private func place(of report: ReportRecord, to writer: inout JSONWriter) {
        writer.key("location")
        if let location = report.location {
            writer.object {
                $0.member("lat", location.lat)
                $0.member("lon", location.lon)
                if let accuracy = report.accuracy { $0.member("accuracy_m", accuracy) }
            }
        } else {
            writer.null()
        }
        writer.member("location_source", report.locationSource.rawValue)
        writer.key("area")
        if let area = area(of: report) { area.write(to: &writer) } else { writer.null() }
        writer.member("address", report.address)
        writer.member("rt", report.rt)
        writer.member("rw", report.rw)
        writer.member("landmark", report.landmark)
    }

    private func media(_ photos: [Int], of report: UUID, to writer: inout JSONWriter) {
        writer.key("media")
        writer.array { writer in
            for n in photos {
                let medium = ReportContent.Media(photo: n, of: report)
                writer.object {
                    $0.member("url", medium.url)
                    $0.member("content_type", medium.contentType)
                }
            }
        }
    }

    private func line(_ line: HistoryLine, of report: UUID, to writer: inout JSONWriter) {
        writer.object {
            $0.member("version", line.version)
            $0.member("at", line.at, offsetSeconds: offset)
            $0.member("type", line.type)
            $0.member("status", line.status)
            $0.member("agency", line.agency)
            $0.member("note", line.note)
            $0.member("internal_note", line.internalNote)
            $0.member("actor", line.actor)
            $0.member("reason", line.reason)
            $0.member("of", line.originalCode ?? line.original)
            $0.member("refer_to", line.referTo)
            $0.member("until", line.until, offsetSeconds: offset)
            $0.member("by", line.author)
            $0.member("rating", line.rating)
            $0.member("command", line.command)
            if !line.photos.isEmpty { media(line.photos, of: report, to: &$0) }
        }
    }
}

extension WorkRecord {
    /// What the agency that has the report may do with it now, in the order in which a desk offers it: the commands of
    /// the status, less a reopening that comes too late, and a call that the reporter has not agreed to.
    func commands(at now: Timestamp, in city: City) -> [Command] {
        Transition.allowed(from: state.status, by: .holder).filter { command in
            if command == .contact { return report.mayContact }
            guard command == .reopen, let resolvedAt = state.resolvedAt else { return true }
            return now <= resolvedAt.adding(seconds: city.limits.agencyReopenSeconds)
        }
    }
}

extension [HistoryLine] {
    /// The history as `agency` may read it: what another agency noted for itself stays with that agency.
    ///
    /// A transfer's line stands under the agency that got the report; who wrote it had the report before.
    func asRead(by agency: AgencyCode) -> [HistoryLine] {
        var holder: AgencyCode?
        return map { line in
            let author = line.type == EventType.transferredOut.rawValue ? holder ?? line.agency : line.agency
            holder = line.agency
            guard author != agency else { return line }
            var line = line
            line.internalNote = nil
            line.actor = nil
            if line.author == Actor.agency(author).name { line.photos = line.publicPhotos }
            return line
        }
    }
}
