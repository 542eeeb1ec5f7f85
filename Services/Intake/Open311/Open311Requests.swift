internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Runtime
internal import Storage

/// The requests behind an endpoint: those that agencies work on, or those that only try the door.
protocol Open311Requests: Sendable {
    /// Requests of a span, the latest first.
    func requests(
        _ filter: Open311Filter, for reader: Open311Reader, in jurisdiction: JurisdictionCode, limit: Int, offset: Int
    ) async throws -> [Open311Request]

    /// Those with these tracking codes, in no order.
    func requests(
        _ codes: [String], for reader: Open311Reader, in jurisdiction: JurisdictionCode
    ) async throws -> [Open311Request]

    /// The tracking code of a request that the reader may see, by its report's id.
    func trackingCode(
        of id: UUID, for reader: Open311Reader, in jurisdiction: JurisdictionCode
    ) async throws -> String?

    /// What happened within a span, the earliest first.
    ///
    /// - Parameter codes: of the requests that it happened to; nil for all.
    func updates(
        _ span: Open311Span, of codes: [String]?, for reader: Open311Reader, in jurisdiction: JurisdictionCode,
        limit: Int, offset: Int, as view: Open311View
    ) async throws -> [Open311Tree]

    /// Adds the reporter's word to a request.
    ///
    /// - Throws: `ProblemDetails` where the request does not take it.
    func comment(
        _ comment: Open311Comment, with media: [UUID], on report: ReportRecord, in city: LoadedCity
    ) async throws -> Open311CommentReceipt
}

extension Open311Endpoint {
    /// What this endpoint shows and takes updates of.
    func requests(tests: TestReportStore, runner: ReporterRunner, pool: PostgresPool) -> any Open311Requests {
        switch self {
        case .production: Open311Reports(store: Open311Store(pool: pool), runner: runner)
        case .test: Open311Trials(store: tests)
        }
    }
}

/// Reports like any other.
struct Open311Reports: Open311Requests {
    let store: Open311Store
    let runner: ReporterRunner

    func requests(
        _ filter: Open311Filter, for reader: Open311Reader, in jurisdiction: JurisdictionCode, limit: Int, offset: Int
    ) async throws -> [Open311Request] {
        try await store.requests(filter, for: reader, in: jurisdiction, limit: limit, offset: offset)
    }

    func requests(
        _ codes: [String], for reader: Open311Reader, in jurisdiction: JurisdictionCode
    ) async throws -> [Open311Request] {
        try await store.requests(codes, for: reader, in: jurisdiction)
    }

    func trackingCode(
        of id: UUID, for reader: Open311Reader, in jurisdiction: JurisdictionCode
    ) async throws -> String? {
        try await store.trackingCode(of: id, for: reader, in: jurisdiction)
    }

    func updates(
        _ span: Open311Span, of codes: [String]?, for reader: Open311Reader, in jurisdiction: JurisdictionCode,
        limit: Int, offset: Int, as view: Open311View
    ) async throws -> [Open311Tree] {
        try await store.history(span, of: codes, for: reader, in: jurisdiction, limit: limit, offset: offset)
            .map(view.tree)
    }

    func comment(
        _ comment: Open311Comment, with media: [UUID], on report: ReportRecord, in city: LoadedCity
    ) async throws -> Open311CommentReceipt {
        let result = try await runner.run(
            CommandRequest(.comment, note: comment.note, media: media), on: report.id, by: .reporter,
            key: comment.key ?? .ofThisAttempt(), in: city)
        return try receipt(of: result)
    }

    private func receipt(of result: CommandResult) throws(ProblemDetails) -> Open311CommentReceipt {
        switch result {
        case .done(_, let version, _, _): return Open311CommentReceipt(version: version)
        case .repeated(let answer):
            guard case .int(let version)? = (try? JSONReader.read(Array(answer.utf8)))?.value["version"] else {
                throw .internalError
            }
            return Open311CommentReceipt(version: Int(version), isReplay: true)
        case .keyReused: throw Open311Errors.keyReused
        case .unknownReport: throw Open311Errors.refusal(404, "service_request_id: there is no such request.")
        case .refused(.notRouted):
            throw .unavailable("The request is just being passed on; send the update again in a moment.")
        case .refused(let refusal):
            throw Open311Errors.refusal(400, "service_request_id: \(refusal.message(.english, offsetSeconds: 0))")
        }
    }
}

/// What only tries the door. It is nobody's but its sender's, and stays as it came.
struct Open311Trials: Open311Requests {
    let store: TestReportStore

    func requests(
        _ filter: Open311Filter, for reader: Open311Reader, in jurisdiction: JurisdictionCode, limit: Int, offset: Int
    ) async throws -> [Open311Request] {
        guard let channel = reader.channel else { return [] }
        return try await store.requests(filter, from: channel, in: jurisdiction, limit: limit, offset: offset)
    }

    func requests(
        _ codes: [String], for reader: Open311Reader, in jurisdiction: JurisdictionCode
    ) async throws -> [Open311Request] {
        guard let channel = reader.channel else { return [] }
        return try await store.requests(codes, from: channel, in: jurisdiction)
    }

    func trackingCode(
        of id: UUID, for reader: Open311Reader, in jurisdiction: JurisdictionCode
    ) async throws -> String? {
        guard let channel = reader.channel else { return nil }
        return try await store.report(id, from: channel, in: jurisdiction)?.trackingCode
    }

    func updates(
        _ span: Open311Span, of codes: [String]?, for reader: Open311Reader, in jurisdiction: JurisdictionCode,
        limit: Int, offset: Int, as view: Open311View
    ) async throws -> [Open311Tree] {
        guard let channel = reader.channel else { return [] }
        return try await store.updates(span, of: codes, from: channel, in: jurisdiction, limit: limit, offset: offset)
            .map(view.tree)
    }

    /// Its photos have been looked at by then, and nothing further becomes of them.
    func comment(
        _ comment: Open311Comment, with media: [UUID], on report: ReportRecord, in city: LoadedCity
    ) async throws -> Open311CommentReceipt {
        let key = comment.key ?? .ofThisAttempt()
        let answer = try await store.comment(
            comment.note, on: report.id, key: key.text, requestHash: key.requestHash, in: city.city.code)
        switch answer {
        case .stored(let version, let isReplay): return Open311CommentReceipt(version: version, isReplay: isReplay)
        case .keyReused: throw Open311Errors.keyReused
        case .full:
            throw Open311Errors.refusal(
                400, "service_request_id: a test request takes \(TestReportStore.mostUpdates) updates.")
        }
    }
}

extension Open311Errors {
    fileprivate static let keyReused = refusal(
        400, "update_id, Idempotency-Key: it was used for another update.")
}
