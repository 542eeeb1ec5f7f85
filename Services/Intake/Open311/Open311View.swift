internal import Domain
internal import FoundationEssentials
internal import Storage

/// A report as one of Open311's requests: never who reported it, and for everybody but its sender without what may
/// belong to a person.
struct Open311View: Sendable {
    let city: City
    let language: Language
    /// What links are built from.
    let publicURL: String
    /// The asking key's; it reads what it sent as it sent it.
    let channel: ChannelCode?

    func tree(of request: Open311Request, extended: Bool) -> Open311Tree {
        let tracked = request.tracked
        let report = tracked.report
        let isOwn = channel == report.channel
        let view = PublicView(tracked: tracked, city: city, extent: isOwn ? .own : .whole)
        let category = view.category.flatMap { city.category($0) }
        let status = view.status
        var members: [(name: String, value: Open311Tree)] = [
            ("service_request_id", .text(report.trackingCode)),
            ("status", .text(status.open311)),
            ("status_notes", .text(request.lastNote.map { isOwn ? $0 : PublicText.masked($0) })),
            ("service_name", .text(category?.name[language])),
            ("service_code", .text(view.category?.rawValue)),
            ("description", .text(view.description)),
            ("agency_responsible", .text(tracked.state.flatMap { city.agency($0.agency) }?.name[language])),
            ("service_notice", .text(nil)),
            ("requested_datetime", .time(report.receivedAt, city)),
            ("updated_datetime", .time(tracked.work?.changedAt ?? report.receivedAt, city)),
            ("expected_datetime", .time(status.isOpen ? tracked.state?.deadlines.resolveBy : nil, city)),
            ("address", .text(address(of: view))),
            ("address_id", .text(report.area?.rawValue)),
            ("zipcode", .text(report.area.flatMap { city.area($0)?.postcode }.flatMap { $0.isEmpty ? nil : $0 })),
            ("lat", .number(report.location?.lat)),
            ("long", .number(report.location?.lon)),
            ("media_url", .text(request.isPublic ? report.photos.first.map { url(ofPhoto: $0, of: report.id) } : nil)),
        ]
        if extended { members.append(("extended_attributes", extensions(of: view, isPublic: request.isPublic))) }
        return .object(members)
    }

    /// What people wrote of the place, else what is known of it.
    private func address(of view: PublicView) -> String? {
        if let address = view.address { return address }
        let report = view.tracked.report
        let neighbourhood = [report.rt.map { "RT \($0)" }, report.rw.map { "RW \($0)" }].compactMap(\.self)
        let area = view.area.map { area in
            let name = "Kelurahan \(area.name)"
            guard area.isApproximate else { return name }
            return LocalizedText(id: "sekitar \(name)", en: "around \(name)")[language]
        }
        let parts = [view.landmark, neighbourhood.isEmpty ? nil : neighbourhood.joined(separator: "/"), area]
        let known = parts.compactMap(\.self)
        return known.isEmpty ? nil : known.joined(separator: ", ")
    }

    private func extensions(of view: PublicView, isPublic: Bool) -> Open311Tree {
        let report = view.tracked.report
        return .object([
            ("status", .text(view.status.rawValue)),
            ("colour", .text(view.status.colour.rawValue)),
            ("subtype", .text(view.subtype?.rawValue)),
            ("area", .text(view.area?.name)),
            ("area_approximate", .flag(view.area?.isApproximate ?? false)),
            ("location_source", .text(report.locationSource.rawValue)),
            ("tracking_url", .text("\(publicURL)/lacak/\(report.trackingCode)")),
            (
                "photos",
                .list(of: "photo", isPublic ? report.photos.map { .text(url(ofPhoto: $0, of: report.id)) } : [])
            ),
        ])
    }

    func tree(of happened: Open311HistoryLine) -> Open311Tree {
        let line = happened.line
        let isOwn = channel == happened.channel
        var note = line.note ?? (line.type == EventType.held.rawValue ? line.reason : nil) ?? line.referTo
        // What a reporter wrote after sending is for the agency, and the sender's own.
        if !isOwn { note = line.author == Actor.reporter.name ? nil : note.map(PublicText.masked) }
        let status = Open311UpdateStatus(
            type: line.type, status: ReportStatus(rawValue: line.status) ?? .received, reason: line.reason)
        let photo = happened.isPublic ? line.publicPhotos.first : nil
        return .object([
            ("update_id", .text(Self.updateID(happened.trackingCode, version: line.version))),
            ("service_request_id", .text(happened.trackingCode)),
            ("status", .text(status.rawValue)),
            ("updated_datetime", .time(line.at, city)),
            ("description", .text(note)),
            ("media_url", .text(photo.map { url(ofPhoto: $0, of: happened.reportID) })),
        ])
    }

    /// What a test key told of its own request: everything happened as it says, and nobody answered.
    func tree(of update: TestUpdate) -> Open311Tree {
        .object([
            ("update_id", .text(Self.updateID(update.trackingCode, version: update.version))),
            ("service_request_id", .text(update.trackingCode)),
            ("status", .text(Open311UpdateStatus.open.rawValue)),
            ("updated_datetime", .time(update.at, city)),
            ("description", .text(update.note)),
            ("media_url", .text(nil)),
        ])
    }

    /// Names one line of one report's history.
    static func updateID(_ trackingCode: String, version: Int) -> String { "\(trackingCode)-\(version)" }

    private func url(ofPhoto n: Int, of report: UUID) -> String { "\(publicURL)/media/\(report.text)/\(n)/web" }
}
