package import FoundationEssentials

/// A report that may be stored.
package struct AdmittedReport: Hashable, Sendable {
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var description: String
    package var location: Coordinate?
    package var accuracyMetres: Double?
    package var locationSource: LocationSource
    package var area: ReportArea?
    package var address: String?
    package var rt: String?
    package var rw: String?
    package var landmark: String?
    package var externalID: String?
    package var observedAt: Timestamp?
    /// As asked for; that of a sensitive category is always private.
    package var visibility: Visibility
    package var isSensitive: Bool
    /// Goes before everything else in the inbox.
    package var isUrgent: Bool
    package var reporter: ReportDraft.Reporter?
    /// Why the reporter's data may be kept; nil for an anonymous report.
    package var ground: DataGround?
    package var attributes: JSONValue?
    /// The ids of its photos' uploads.
    package var media: [UUID]
    /// Of these, what the city asks of the category: agencies read this much of them.
    package var answers: JSONValue?
    /// SHA-256 of the request's canonical form.
    package var requestHash: [UInt8]

    init(
        _ draft: ReportDraft, category: Category?, place: AdmissionRules.Place, visibility: Visibility,
        media: [UUID] = []
    ) {
        self.category = draft.category
        subtype = draft.subtype
        description = draft.description ?? ""
        location = place.point
        accuracyMetres = place.source == .gps ? draft.location?.accuracyMetres : nil
        locationSource = place.source
        area = place.area
        address = draft.address
        rt = draft.rt
        rw = draft.rw
        landmark = draft.landmark
        externalID = draft.externalID
        observedAt = draft.observedAt
        self.visibility = visibility
        isSensitive = category?.sensitive ?? false
        isUrgent = category?.urgent ?? false
        reporter = draft.reporter
        attributes = draft.attributes
        self.media = media
        answers = category?.answers(in: draft.attributes)
        requestHash = draft.requestHash
    }
}
