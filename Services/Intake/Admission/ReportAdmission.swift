internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// What a report is stored under, so that its retry finds it.
enum IdempotencyKey: Sendable {
    /// From the `Idempotency-Key` header.
    case header(String)
    case none

    /// Reads the header, quoted (a structured string) or bare: 1 to 255 visible ASCII characters.
    init(header: String?) throws(ProblemDetails) {
        guard var text = header.map({ $0[...] }) else {
            self = .none
            return
        }
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .badRequest("Idempotency-Key takes 1 to 255 visible ASCII characters, such as a UUID.")
        }
        self = .header(String(text))
    }
}

/// What the sender is given: the stored report's receipt, and whether it was stored before.
struct AdmittedReceipt: Sendable {
    var receipt: StoredReceipt
    var reporterKey: ReporterKey
    var isReplay: Bool
    var area: ReportArea?
}

/// The one way in: every door calls it, so that every guarantee holds for each.
struct ReportAdmission: Sendable {
    let queues: AdmissionQueues
    let store: AdmissionStore
    let seal: IdentitySeal
    let reporterSecret: [UInt8]

    /// Stores a report that has passed every check, or finds what its key stored before.
    ///
    /// - Throws: `ProblemDetails`: 422 where the key belongs to another report, 503 where it cannot be stored now.
    func admit(
        _ report: AdmittedReport, key: IdempotencyKey, channel: ChannelCode, trace: TraceContext, city: LoadedCity,
        now: Timestamp
    ) async throws -> AdmittedReceipt {
        var generator = SystemRandomNumberGenerator()
        let id = UUID.version7(at: now, random: (generator.next(), generator.next()))
        let reporterKey = ReporterKey(report: id, secret: reporterSecret)
        var new = NewReport(
            id: id, channel: channel,
            idempotencyKey: storedKey(key, report.externalID, channel: channel) ?? "i:\(id.text)",
            requestHash: report.requestHash, trackingCode: "", reporterKeyHash: reporterKey.lookupHash,
            report: report, isUrgent: report.isUrgent, identity: try seal.seal(report.reporter, of: id),
            trace: trace)
        let queue = queues.queue(for: city.city.code)
        for _ in 0..<3 {
            new.trackingCode = TrackingCode(prefix: city.city.trackingPrefix, random: generator.next()).text
            do throws(AdmissionFailure) {
                return try receipt(of: try await queue.admit(new), for: report, city: city)
            } catch {
                guard error == .trackingCodeTaken else {
                    AdmissionRefusals.count(error.reason)
                    throw error.problem
                }
            }
        }
        AdmissionRefusals.count(.refused)
        throw AdmissionFailure.refused.problem
    }

    /// What the same request stored before. Its retry is answered though it would be refused today: time has passed
    /// since, and the city's lists may have changed.
    ///
    /// - Returns: nil where the request names no key, or none that has stored this very report.
    func earlier(
        _ draft: ReportDraft, key: IdempotencyKey, channel: ChannelCode, city: LoadedCity
    ) async throws -> AdmittedReceipt? {
        // What could not be read of a request is not in its hash.
        guard draft.faults.isEmpty, let key = storedKey(key, draft.externalID, channel: channel),
            let stored = try await store.receipt(of: key, from: channel, in: city.city.code),
            stored.requestHash == draft.requestHash
        else { return nil }
        return answer(stored, isReplay: true, city: city)
    }

    /// The header's key, else the external id; nil where the report has only its own.
    ///
    /// A citizen's external id is a key where it is a UUID; any other is not, since anyone could name anyone's.
    private func storedKey(_ key: IdempotencyKey, _ external: String?, channel: ChannelCode) -> String? {
        if case .header(let text) = key { return "k:" + text }
        guard let external else { return nil }
        return channel == .web ? UUID(text: external).map { "x:\($0.text)" } : "x:\(external)"
    }

    private func receipt(
        of admission: Admission, for report: AdmittedReport, city: LoadedCity
    ) throws(AdmissionFailure) -> AdmittedReceipt {
        switch admission {
        case .stored(let stored): return answer(stored, isReplay: false, city: city)
        case .repeated(let stored):
            guard stored.requestHash == report.requestHash else { throw .keyReused }
            return answer(stored, isReplay: true, city: city)
        }
    }

    private func answer(_ stored: StoredReceipt, isReplay: Bool, city: LoadedCity) -> AdmittedReceipt {
        let area = stored.area.flatMap { city.city.area($0) }
        return AdmittedReceipt(
            receipt: stored, reporterKey: ReporterKey(report: stored.id, secret: reporterSecret), isReplay: isReplay,
            area: area.map { ReportArea($0, isApproximate: stored.isAreaApproximate) })
    }
}

extension AdmissionFailure {
    var problem: ProblemDetails {
        switch self {
        case .full:
            .unavailable("Too many reports are waiting; send this one again in a moment.", retryAfter_s: 2)
        case .storeAway:
            .unavailable("The report could not be stored now; send it again with the same key.", retryAfter_s: 2)
        case .keyReused:
            .unprocessable(
                [
                    .init(
                        pointer: "", code: "idempotency_key_reused",
                        message: "This key was used for another report; use a new key for a new report.")
                ], detail: "The Idempotency-Key (or external_id) belongs to another report.")
        case .trackingCodeTaken, .refused: .internalError
        }
    }
}
