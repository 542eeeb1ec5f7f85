internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// Who sends a report, once the door has found out.
struct ReportSource: Sendable {
    var channel: ChannelCode
    /// On what ground personal data come from there.
    var basis = LegalBasis.consent
    /// It tries the doors: what it sends reaches nobody.
    var isTest = false

    /// Citizens themselves.
    static let web = ReportSource(channel: .web)
}

extension ReportSource {
    /// A program, by its key. Throws 403 for one that may send no reports.
    init(_ principal: Principal) throws(ProblemDetails) {
        self.init(
            channel: try principal.requireChannel(for: .report), basis: principal.legalBasis, isTest: principal.isTest)
    }
}

/// From a report's JSON to its stored receipt: what every door for programs does once it knows who sends.
struct ReportFiling: Sendable {
    let admission: ReportAdmission
    let photos: Photos
    let clock: @Sendable () -> Timestamp

    /// Reads, judges and stores a report, or finds what the same request stored before.
    ///
    /// - Parameters:
    ///   - body: as of `POST /v1/reports`.
    ///   - language: of the faults' sentences.
    ///   - pass: called once it is known whether the report is urgent; it throws for who has sent too much.
    /// - Throws: `ProblemDetails`: 400 for what is no JSON, 422 with every fault, and whatever admission refuses with.
    func file(
        _ body: [UInt8], key: IdempotencyKey, from source: ReportSource, trace: TraceContext, city: ServedCity,
        language: Language, pass: (_ isUrgent: Bool) throws -> Void = { _ in }
    ) async throws -> AdmittedReceipt {
        let now = clock()
        let draft: ReportDraft
        do { draft = try ReportDraft.read(body) } catch {
            AdmissionRefusals.count(.unreadable)
            throw ProblemDetails.badRequest("The body is not readable JSON (byte \(error.offset)).")
        }
        let judged = AdmissionRules.validate(draft, city: city.city, places: city.places, basis: source.basis, now: now)
        try pass(judged.isUrgent)
        if case .failure = judged,
            let earlier = try await admission.earlier(draft, key: key, from: source, city: city.loaded)
        {
            return earlier
        }
        let report = try judged.get(in: language)
        // A citizen's photos follow the report: who has no key yet could not be told from others.
        let uploads =
            source.channel == .web ? nil : Uploads(report.media, by: .channel(source.channel), isPublic: true)
        if let faults = try await photos.faults(of: report.media, uploads, in: city.city.code) {
            if let earlier = try await admission.earlier(draft, key: key, from: source, city: city.loaded) {
                return earlier
            }
            AdmissionRefusals.count(.invalid)
            throw ProblemDetails.unprocessable(faults, in: language)
        }
        return try await admission.admit(
            report, bringing: uploads, key: key, from: source, trace: trace, city: city.loaded, now: now)
    }
}

extension Photos {
    /// A fault for each of a report's photos that does not wait for who sends it; nil where all of them do.
    ///
    /// - Parameter uploads: nil for a sender whose photos nobody could tell from others'.
    func faults(of media: [UUID], _ uploads: Uploads?, in jurisdiction: JurisdictionCode) async throws -> Faults? {
        if media.isEmpty { return nil }
        let missing =
            if let uploads { try await missing(of: uploads, in: jurisdiction) } else { media }
        let places = media.indices.filter { missing.contains(media[$0]) }
        return places.isEmpty ? nil : Faults(places.map { Fault(.unknownMedia, at: "/media/\($0)") })
    }
}

extension AdmittedReceipt {
    /// `{"id","tracking_code","reporter_key","status","jurisdiction","area","received_at","links"}`
    func json(in city: City) -> [UInt8] {
        let key = reporterKey.text
        var writer = JSONWriter(capacity: 512)
        writer.object {
            $0.member("id", receipt.id)
            $0.member("tracking_code", receipt.trackingCode)
            $0.member("reporter_key", key)
            $0.member("status", ReportStatus.received.rawValue)
            $0.member("jurisdiction", city.code)
            $0.key("area")
            if let area { area.write(to: &$0) } else { $0.null() }
            $0.member("received_at", receipt.receivedAt, offsetSeconds: city.utcOffset)
            $0.key("links")
            $0.object {
                $0.member("self", "/v1/reports/\(receipt.id.text)")
                $0.member("track", "/lacak/\(receipt.trackingCode)")
                $0.member("manage", "/k/\(key)")
            }
        }
        return writer.bytes
    }
}

extension Result where Success == AdmittedReport, Failure == Faults {
    /// Whether the report is urgent; a faulty one is not.
    fileprivate var isUrgent: Bool { (try? get().isUrgent) ?? false }
}
