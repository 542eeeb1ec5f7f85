internal import Domain
internal import Pages
internal import Storage

/// An agency's reports as pages show them.
struct WorkViews: Sendable {
    private let city: City
    private let json: WorkJSON

    init(_ loaded: LoadedCity) {
        city = loaded.city
        json = WorkJSON(loaded)
    }

    func view(_ work: WorkRecord, history: [HistoryLine] = []) -> ReportView {
        let (report, state) = (work.report, work.state)
        let visibility = city.visibility(chosen: report.visibility, categories: [report.category, state.category])
        return ReportView(
            id: report.id.text, trackingCode: report.trackingCode, status: state.status, category: state.category,
            subtype: state.subtype, description: report.description, area: json.area(of: report),
            location: report.location, locationSource: report.locationSource.rawValue, address: report.address,
            rt: report.rt, rw: report.rw, landmark: report.landmark, receivedAt: report.receivedAt,
            agency: state.agency, why: work.why, deadlines: state.deadlines, nextDueAt: state.nextDue?.at,
            history: history.map { Self.entry($0, of: report) }, photos: report.photos.map(report.photoPath),
            visibility: visibility.rawValue, version: state.version,
            isUrgent: state.category.flatMap { city.category($0) }?.urgent ?? false,
            isErased: report.erasedAt != nil, answers: report.answers)
    }

    private static func entry(_ line: HistoryLine, of report: ReportRecord) -> HistoryEntry {
        HistoryEntry(
            at: line.at, type: line.type, agency: line.agency, note: line.note, internalNote: line.internalNote,
            actor: line.actor, reason: line.reason, original: line.originalCode ?? line.original,
            referTo: line.referTo, until: line.until, author: line.author, rating: line.rating, command: line.command,
            photos: line.photos.filter { !report.photos.contains($0) }.map(report.photoPath),
            hasPhotos: !line.photos.isEmpty)
    }
}
