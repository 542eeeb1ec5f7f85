internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// What a report is stored under, so that its retry finds it.
enum IdempotencyKey: Sendable {
    /// From the `Idempotency-Key` header.
    case header(String)
    /// What the report itself says, for a day, where it names no external id: for reports without a request of their own.
    case record
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
    let tests: TestReportStore
    let identities: IdentityKeyring
    let reporterSecret: [UInt8]

    /// Stores a report that has passed every check, or finds what its key stored before.
    ///
    /// What comes by a test key is kept by itself, without who reports it and without photos.
    ///
    /// - Parameter uploads: photos that are waiting for it; it is stored with all of them or not at all.
    /// - Throws: `ProblemDetails`: 422 where the key belongs to another report, 503 where it cannot be stored now.
    func admit(
        _ report: AdmittedReport, bringing uploads: Uploads? = nil, key: IdempotencyKey, from source: ReportSource,
        trace: TraceContext, city: LoadedCity, now: Timestamp
    ) async throws -> AdmittedReceipt {
        do {
            return try await attempt(
                report, bringing: uploads, key: key, from: source, trace: trace, city: city, now: now)
        } catch let failure as AdmissionFailure {
            AdmissionRefusals.count(failure.reason)
            throw failure.problem
        }
    }

    /// The same for who tries again: what fails is not counted as refused.
    ///
    /// - Throws: `AdmissionFailure`.
    func attempt(
        _ report: AdmittedReport, bringing uploads: Uploads? = nil, key: IdempotencyKey, from source: ReportSource,
        trace: TraceContext, city: LoadedCity, now: Timestamp
    ) async throws -> AdmittedReceipt {
        var new = try prepared(report, bringing: uploads, key: key, from: source, trace: trace, now: now)
        for _ in 0..<3 {
            new.trackingCode = Self.trackingCode(in: city)
            do throws(AdmissionFailure) {
                let admission = try await file(new, isTest: source.isTest, in: city.city.code)
                return try receipt(of: admission, for: new, city: city)
            } catch {
                guard error == .trackingCodeTaken else { throw error }
            }
        }
        throw AdmissionFailure.refused
    }

    /// The same for several reports that bring no photos, each with its trace; in their order.
    func attempt(
        _ reports: [(report: AdmittedReport, trace: TraceContext)], key: IdempotencyKey, from source: ReportSource,
        city: LoadedCity, now: Timestamp
    ) async throws -> [Result<AdmittedReceipt, AdmissionFailure>] {
        let batch = try reports.map { report, trace in
            var new = try prepared(report, bringing: nil, key: key, from: source, trace: trace, now: now)
            new.trackingCode = Self.trackingCode(in: city)
            return new
        }
        let results = await file(batch, isTest: source.isTest, in: city.city.code)
        return zip(results, batch).map { result, new in
            Result { () throws(AdmissionFailure) in try receipt(of: try result.get(), for: new, city: city) }
        }
    }

    private static func trackingCode(in city: LoadedCity) -> String {
        TrackingCode(prefix: city.city.trackingPrefix, random: .random(in: 0 ... .max)).text
    }

    /// The report as it is stored, without its tracking code.
    private func prepared(
        _ report: AdmittedReport, bringing uploads: Uploads?, key: IdempotencyKey, from source: ReportSource,
        trace: TraceContext, now: Timestamp
    ) throws -> NewReport {
        var generator = SystemRandomNumberGenerator()
        let id = UUID.version7(at: now, random: (generator.next(), generator.next()))
        let reporterKey = ReporterKey(report: id, secret: reporterSecret)
        var digest: String?
        if case .record = key, report.externalID == nil { digest = recordDigest(report.requestHash) }
        let name =
            digest.map(RecordKey.first)
            ?? storedKey(key, report.externalID, report.requestHash, channel: source.channel)
        var new = NewReport(
            id: id, channel: source.channel,
            idempotencyKey: name ?? "i:\(id.text)", requestHash: report.requestHash, trackingCode: "",
            reporterKeyHash: reporterKey.lookupHash,
            report: report, isUrgent: report.isUrgent,
            identity: source.isTest ? nil : try identities.seal(report, of: id),
            trace: trace, uploads: source.isTest ? nil : uploads)
        new.recordDigest = digest
        return new
    }

    private func file(
        _ new: NewReport, isTest: Bool, in jurisdiction: JurisdictionCode
    ) async throws(AdmissionFailure) -> Admission {
        if !isTest { return try await queues.queue(for: jurisdiction).admit(new) }
        let admission: Admission?
        do { admission = try await tests.admit(new, in: jurisdiction) } catch { throw .storeAway }
        guard let admission else { throw .trackingCodeTaken }
        return admission
    }

    private func file(
        _ batch: [NewReport], isTest: Bool, in jurisdiction: JurisdictionCode
    ) async -> [Result<Admission, AdmissionFailure>] {
        if !isTest { return await queues.queue(for: jurisdiction).admit(batch) }
        var results: [Result<Admission, AdmissionFailure>] = []
        for new in batch {
            do throws(AdmissionFailure) {
                results.append(.success(try await file(new, isTest: true, in: jurisdiction)))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    /// What the same request stored before. Its retry is answered though it would be refused today: time has passed
    /// since, and the city's lists may have changed.
    ///
    /// - Returns: nil where the request names no key, or none that has stored this very report.
    func earlier(
        _ draft: ReportDraft, key: IdempotencyKey, from source: ReportSource, city: LoadedCity
    ) async throws -> AdmittedReceipt? {
        // What could not be read of a request is not in its hash.
        guard draft.faults.isEmpty,
            let name = storedKey(key, draft.externalID, draft.requestHash, channel: source.channel)
        else { return nil }
        let stored =
            source.isTest
            ? try await tests.receipt(of: name, from: source.channel, in: city.city.code)
            : try await store.receipt(of: name, from: source.channel, in: city.city.code)
        guard let stored, stored.requestHash == draft.requestHash else { return nil }
        return answer(stored, isReplay: true, city: city)
    }

    /// The header's key, else the external id; nil where the report has only its own.
    ///
    /// A citizen's external id is a key where it is a UUID; any other is not, since anyone could name anyone's.
    private func storedKey(
        _ key: IdempotencyKey, _ external: String?, _ requestHash: [UInt8], channel: ChannelCode
    ) -> String? {
        if case .header(let text) = key { return "k:" + Self.nameless(text) }
        guard let external else {
            if case .record = key { return RecordKey.first(recordDigest(requestHash)) }
            return nil
        }
        return channel == .web ? UUID(text: external).map { "x:\($0.text)" } : "x:" + Self.nameless(external)
    }

    /// Made under a secret: of a report that is erased, nobody can try out by it what it said.
    private func recordDigest(_ requestHash: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: requestHash, using: SymmetricKey(data: reporterSecret))
        return Base64URL.encode(code.prefix(16))
    }

    /// A caller's own words may name a person, and stay when all that was written is erased: their digest is kept.
    private static func nameless(_ key: String) -> String {
        guard UUID(text: key) == nil else { return key }
        return SHA256.hash(data: Array(key.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether a request's key has stored a report already.
    func isStored(key: IdempotencyKey, channel: ChannelCode, in jurisdiction: JurisdictionCode) async throws -> Bool {
        guard let key = storedKey(key, nil, [], channel: channel) else { return false }
        return try await store.receipt(of: key, from: channel, in: jurisdiction) != nil
    }

    private func receipt(
        of admission: Admission, for new: NewReport, city: LoadedCity
    ) throws(AdmissionFailure) -> AdmittedReceipt {
        switch admission {
        case .stored(let stored): return answer(stored, isReplay: false, city: city)
        case .repeated(let stored):
            // Of an erased report the hash is gone, and the key that was made of it says enough.
            guard stored.requestHash == new.requestHash || new.recordDigest != nil else { throw .keyReused }
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
        case .unknownMedia: .unprocessable(Faults([Fault(.unknownMedia, at: "/media")]), in: .english)
        case .trackingCodeTaken, .refused: .internalError
        }
    }
}
