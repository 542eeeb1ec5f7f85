internal import Domain
internal import Runtime
internal import Storage

/// A report as the public, its reporter or its agency may see it: never who reported it, never internal notes.
struct PublicView: Sendable {
    /// How much of it is shown.
    enum Extent: Sendable {
        /// To its reporter, its agency and the operator: with what the reporter wrote after sending.
        case own
        case whole
        /// Of a private report, to who does not hold its key: that it is there, who has it, and by when.
        case limited
    }

    let tracked: TrackedReport
    let city: City
    let extent: Extent
    /// To the reporter alone: what is held of them, and who has read it.
    var held: HeldIdentity?
    /// To the channel that sent it alone: the id that the channel gave it.
    var externalID: String?
    /// Who reads it by its agency's or the operator's key.
    var staff: Principal?

    var status: ReportStatus { tracked.state?.status ?? .received }

    var area: ReportArea? {
        tracked.report.area.flatMap { city.area($0) }.map {
            ReportArea($0, isApproximate: tracked.report.isAreaApproximate)
        }
    }

    /// Category and sub-type as they are now: a transfer may have corrected them.
    var category: CategoryCode? { tracked.state == nil ? tracked.report.category : tracked.state?.category }
    var subtype: SubtypeCode? { tracked.state == nil ? tracked.report.subtype : tracked.state?.subtype }

    var visibility: Visibility { tracked.isPublic(in: city) ? .public : .private }

    var json: [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.object {
            if extent == .limited { writeLimited(to: &$0) } else { writeReport(to: &$0) }
        }
        return writer.bytes
    }

    /// As an entry of a list: without its history, its promises and why its agency has it.
    ///
    /// - Parameter metres: from where somebody asked.
    func writeEntry(to writer: inout JSONWriter, metres: Double? = nil) {
        let report = tracked.report
        writer.object {
            writeWhat(to: &$0)
            $0.member("received_at", report.receivedAt, offsetSeconds: city.utcOffset)
            writeAgency(to: &$0)
            $0.member("version", tracked.state?.version ?? 0)
            if let metres { $0.member("distance_m", Int(metres.rounded())) }
            writeLinks(to: &$0)
        }
    }

    /// Changes whenever the answer does.
    var entityTag: String {
        let letter =
            switch extent {
            // An operator's reading changes no version.
            case .own: "o" + (held.map { "\($0.readings.count)\($0.consent == nil ? "" : "h")" } ?? "")
            case .whole: "w"
            case .limited: "l"
            }
        let hidden = tracked.moderation.isHidden ? "h" : ""
        // A later report may have the same external id, and so the same address.
        let report = externalID == nil ? "" : "\(tracked.report.id.text)-"
        return "\"\(report)\(tracked.state?.version ?? 0)-\(letter)\(hidden)\""
    }

    var history: [HistoryLine] {
        tracked.history(withReporter: extent == .own).map { line in
            var line = line
            line.note = line.note.map(readable)
            return line
        }
    }

    var isErased: Bool { tracked.report.erasedAt != nil }
    /// nil once it was erased.
    var description: String? { isErased ? nil : readable(tracked.report.description) }
    var address: String? { tracked.report.address.map(readable) }
    var landmark: String? { tracked.report.landmark.map(readable) }

    /// What people wrote, as this reader may see it.
    private func readable(_ text: String) -> String { extent == .own ? text : PublicText.masked(text) }

    private func writeLimited(to writer: inout JSONWriter) {
        writer.member("tracking_code", tracked.report.trackingCode)
        writer.member("status", status.rawValue)
        writer.member("colour", status.colour.rawValue)
        writeAgency(to: &writer)
        writer.member("received_at", tracked.report.receivedAt, offsetSeconds: city.utcOffset)
        writeDeadlines(to: &writer)
        writer.member("visibility", visibility.rawValue)
    }

    private func writeReport(to writer: inout JSONWriter) {
        let report = tracked.report
        writeWhat(to: &writer)
        writer.member("received_at", report.receivedAt, offsetSeconds: city.utcOffset)
        writer.member("observed_at", report.observedAt, offsetSeconds: city.utcOffset)
        if extent == .own, let answers = report.answers { writer.member("attributes", answers) }
        writeAgency(to: &writer)
        writer.member("why", tracked.work?.why)
        writeDeadlines(to: &writer)
        writer.member("rating", tracked.state?.rating)
        writeHistory(to: &writer)
        writer.member("visibility", visibility.rawValue)
        if tracked.moderation.isHidden { writer.member("hidden", true) }
        writer.member("version", tracked.state?.version ?? 0)
        if let externalID { writer.member("external_id", externalID) }
        writeHeld(to: &writer)
        writeLinks(to: &writer)
    }

    private func writeHeld(to writer: inout JSONWriter) {
        guard let held else { return }
        writer.key("identity")
        writer.object { writer in
            writer.member("held", held.consent != nil)
            writer.member("consent_version", held.consent?.version)
            writer.member("consent_at", held.consent?.at, offsetSeconds: city.utcOffset)
            writer.member("retention_days", tracked.report.identityDays)
            writer.member("contact", tracked.report.mayContact)
            writer.key("readings")
            writer.array { writer in
                for reading in held.readings {
                    writer.object {
                        $0.member("at", reading.at, offsetSeconds: city.utcOffset)
                        $0.member("by", reading.reader)
                        $0.member("purpose", reading.purpose)
                    }
                }
            }
        }
    }

    /// What was reported, and where.
    private func writeWhat(to writer: inout JSONWriter) {
        let report = tracked.report
        writer.member("id", report.id)
        writer.member("tracking_code", report.trackingCode)
        writer.member("status", status.rawValue)
        writer.member("colour", status.colour.rawValue)
        writer.member("category", category)
        writer.member("subtype", subtype)
        writer.member("description", description)
        if isErased { writer.member("redacted", true) }
        writer.key("area")
        if let area { area.write(to: &writer) } else { writer.null() }
        writer.key("location")
        if let location = report.location {
            writer.object {
                $0.member("lat", location.lat)
                $0.member("lon", location.lon)
            }
        } else {
            writer.null()
        }
        writer.member("location_source", report.locationSource.rawValue)
        writer.member("address", address)
        writer.member("rt", report.rt)
        writer.member("rw", report.rw)
        writer.member("landmark", landmark)
        writePhotos(report.photos, to: &writer)
    }

    private func writePhotos(_ numbers: [Int], to writer: inout JSONWriter) {
        writer.key("media")
        writer.array { writer in
            for n in numbers {
                let medium = ReportContent.Media(photo: n, of: tracked.report.id)
                writer.object {
                    $0.member("url", medium.url)
                    $0.member("content_type", medium.contentType)
                }
            }
        }
    }

    private func writeLinks(to writer: inout JSONWriter) {
        let report = tracked.report
        writer.key("links")
        writer.object {
            $0.member("self", "/v1/reports/\(report.id.text)")
            $0.member("track", "/lacak/\(report.trackingCode)")
        }
    }

    private func writeAgency(to writer: inout JSONWriter) {
        writer.key("agency")
        guard let code = tracked.state?.agency else { return writer.null() }
        writer.object {
            $0.member("code", code)
            $0.member("name", city.agency(code)?.name.id ?? code.rawValue)
        }
    }

    private func writeDeadlines(to writer: inout JSONWriter) {
        writer.key("deadlines")
        guard let deadlines = tracked.state?.deadlines else { return writer.null() }
        deadlines.write(to: &writer, offsetSeconds: city.utcOffset)
    }

    private func writeHistory(to writer: inout JSONWriter) {
        writer.key("history")
        writer.array { writer in
            writer.object {
                $0.member("at", tracked.report.receivedAt, offsetSeconds: city.utcOffset)
                $0.member("type", "received")
                $0.member("status", ReportStatus.received.rawValue)
            }
            for line in history {
                writer.object {
                    $0.member("at", line.at, offsetSeconds: city.utcOffset)
                    $0.member("type", line.type)
                    $0.member("status", line.status)
                    $0.member("agency", line.agency)
                    $0.member("note", line.note)
                    $0.member("reason", line.reason)
                    $0.member("of", line.originalCode)
                    $0.member("refer_to", line.referTo)
                    $0.member("until", line.until, offsetSeconds: city.utcOffset)
                    if let author = line.author { $0.member("by", author) }
                    if let rating = line.rating { $0.member("rating", rating) }
                    if let command = line.command { $0.member("command", command) }
                    if !line.photos.isEmpty { writePhotos(line.photos, to: &$0) }
                }
            }
        }
    }
}

extension TrackedReport {
    /// The history without what is the agency's alone: a comment that has no note for the citizen.
    ///
    /// - Parameter withReporter: with what the reporter wrote after sending, which may say where somebody lives or how
    ///   to reach them; others read that something was said, and how a resolution was rated.
    func history(withReporter: Bool) -> [HistoryLine] {
        var lines: [HistoryLine] = []
        for line in history where line.type != EventType.followed.rawValue {
            // What passes between an agency and the reporter is theirs.
            if line.command != nil, !withReporter { continue }
            var line = line
            // An agency's photos beside an internal note are its own.
            if !withReporter || line.author != Actor.reporter.name { line.photos = line.publicPhotos }
            if line.type == EventType.commented.rawValue, line.note == nil, line.command == nil, line.photos.isEmpty {
                continue
            }
            line = line.withoutInternals
            if line.author == Actor.reporter.name, !withReporter { line.note = nil }
            lines.append(line)
        }
        return lines
    }
}

extension HistoryLine {
    /// The line without what is the agencies' alone: their notes and names, and why one passed a report on to another.
    fileprivate var withoutInternals: HistoryLine {
        var line = self
        line.internalNote = nil
        line.actor = nil
        switch EventType(rawValue: type) {
        case .held, .rejected, .markedDuplicate: break
        case .commented where command == Command.contact.rawValue: break
        default: line.reason = nil
        }
        return line
    }
}
