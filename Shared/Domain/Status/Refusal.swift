/// Why a command that could be read is not carried out.
package enum Refusal: Error, Hashable, Sendable {
    /// Routing has not decided yet; try again shortly.
    case notRouted
    /// The report is with another agency.
    case notHolder(AgencyCode)
    case wrongStatus(ReportStatus, allowed: [Command])
    /// Somebody else was faster: the report is at this version now.
    case staleVersion(current: Int)
    case unknownAgency(AgencyCode)
    /// A transfer to the agency that has it.
    case sameAgency(AgencyCode)
    /// The time for reopening ended at this moment.
    case tooLate(since: Timestamp)
    /// This resolution has been rated; a later one can be rated again.
    case ratedAlready
    /// A rejection was reopened once, which is as often as the reporter may.
    case appealedAlready
    /// The reporter has not agreed to be called about this report, or nobody knows who that is.
    case contactNotAllowed
    /// A report cannot be a duplicate of itself.
    case duplicateOfItself
    /// A report is called a duplicate of one that there is not.
    case unknownOriginal
    /// A photo is unknown, was used already, or is somebody else's.
    case unknownMedia
    /// The report has as many photos as it may have.
    case tooManyMedia
    /// The category that the report has has no such sub-type.
    case unknownSubtype(SubtypeCode)
    /// A sub-type for a report that has no category.
    case subtypeWithoutCategory
    /// The promise has been kept meanwhile, or is not due yet; the timer has nothing to do.
    case nothingDue

    package var code: String {
        switch self {
        case .notRouted: "not_routed"
        case .notHolder: "not_holder"
        case .wrongStatus: "wrong_status"
        case .staleVersion: "stale_version"
        case .unknownAgency: "unknown_agency"
        case .sameAgency: "same_agency"
        case .tooLate: "too_late"
        case .ratedAlready: "rated_already"
        case .appealedAlready: "appealed_already"
        case .contactNotAllowed: "contact_not_allowed"
        case .duplicateOfItself: "duplicate_of_itself"
        case .unknownOriginal: "unknown_report"
        case .unknownMedia: FaultCode.unknownMedia.rawValue
        case .tooManyMedia: "too_many_media"
        case .unknownSubtype: FaultCode.unknownSubtype.rawValue
        case .subtypeWithoutCategory: FaultCode.subtypeWithoutCategory.rawValue
        case .nothingDue: "nothing_due"
        }
    }

    package func message(_ language: Language, offsetSeconds: Int = 0) -> String {
        switch self {
        case .notRouted:
            LocalizedText(
                id: "Laporan ini sedang diteruskan. Coba lagi sebentar.",
                en: "This report is still being routed. Try again shortly.")[language]
        case .notHolder(let agency):
            LocalizedText(
                id: "Laporan ini sekarang ada pada \(agency).", en: "This report is with \(agency) now.")[language]
        case .wrongStatus(let status, let allowed):
            LocalizedText(
                id:
                    "Tidak dapat dilakukan pada status \(status.rawValue). Yang dapat: \(Self.names(allowed, "tidak ada")).",
                en: "The status \(status.rawValue) does not allow this. Allowed: \(Self.names(allowed, "nothing"))."
            )[language]
        case .staleVersion(let current):
            LocalizedText(
                id: "Laporan ini sudah berubah (versi \(current)). Muat ulang, lalu coba lagi.",
                en: "This report has changed (version \(current)). Load it again, then retry.")[language]
        case .unknownAgency(let agency):
            LocalizedText(id: "Dinas “\(agency)” tidak ada.", en: "There is no agency “\(agency)”.")[language]
        case .sameAgency(let agency):
            LocalizedText(
                id: "Laporan ini sudah ada pada \(agency).", en: "This report is with \(agency) already.")[language]
        case .tooLate(let since):
            LocalizedText(
                id: "Batas waktunya \(since.rfc3339(offsetSeconds: offsetSeconds)).",
                en: "The time for this ended at \(since.rfc3339(offsetSeconds: offsetSeconds)).")[language]
        case .ratedAlready:
            LocalizedText(
                id: "Penyelesaian ini sudah Anda nilai.", en: "You have rated this already.")[language]
        case .appealedAlready:
            LocalizedText(
                id: "Laporan yang ditolak hanya dapat dibuka kembali satu kali.",
                en: "A rejected report can be reopened only once.")[language]
        case .contactNotAllowed:
            LocalizedText(
                id: "Pelapor tidak mengizinkan dinas menghubunginya tentang laporan ini. Ajukan pertanyaan saja.",
                en: "The reporter has not agreed to be called about this report. Ask a question instead.")[language]
        case .duplicateOfItself:
            LocalizedText(
                id: "Laporan tidak dapat menjadi duplikat dirinya sendiri.",
                en: "A report cannot be a duplicate of itself.")[language]
        case .unknownOriginal:
            LocalizedText(
                id: "Tidak ada laporan dengan nomor itu.", en: "There is no report of that number.")[language]
        case .unknownMedia: Fault(.unknownMedia, at: "/media").message(language)
        case .tooManyMedia:
            LocalizedText(
                id: "Laporan ini sudah punya cukup banyak foto.",
                en: "This report has as many photos as it may have.")[language]
        case .unknownSubtype(let subtype):
            Fault(.unknownSubtype, at: "/subtype", String(subtype.rawValue.prefix(100))).message(language)
        case .subtypeWithoutCategory:
            Fault(.subtypeWithoutCategory, at: "/subtype").message(language)
        case .nothingDue:
            LocalizedText(id: "Tidak ada yang jatuh tempo.", en: "Nothing is due.")[language]
        }
    }

    private static func names(_ commands: [Command], _ none: String) -> String {
        commands.isEmpty ? none : commands.map(\.rawValue).joined(separator: ", ")
    }
}
