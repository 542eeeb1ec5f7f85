internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Runtime
internal import Synchronization

/// `POST /v1/reports/batch`: many reports as NDJSON or CSV, stored as they come.
struct BulkRoutes: Sendable {
    let cities: ServedCities
    let admission: ReportAdmission
    let authenticator: Authenticator
    let limits: CitizenLimits
    let photos: Photos
    let seats: BulkSeats
    /// How long an upload may bring nothing, and its answer not be taken.
    let idle: Duration
    /// The folder of answers that outgrow the memory.
    let folder: String
    let clock: @Sendable () -> Timestamp

    func add(to router: Router<WebContext>) {
        router.post("/v1/reports/batch") { request, context in try await self.post(request, context) }
    }

    private func post(_ request: Request, _ context: WebContext) async throws -> Response {
        guard case .bearer = try request.credential() else {
            throw ProblemDetails.unauthorized("This needs an integrator's key: send \"Authorization: Bearer sas_…\".")
        }
        let (principal, source, city) = try await sender(of: request)
        guard let format = request.mediaType.flatMap({ BulkFormat(mediaType: $0) }),
            request.headers[.contentEncoding].map({ $0.lowercased() == "identity" }) ?? true
        else {
            throw ProblemDetails.unsupportedMediaType(
                expected: BulkFormat.allCases.map(\.mediaType).joined(separator: ", "))
        }
        let taker = BulkTaker(
            admission: admission, photos: photos, source: source, language: request.language,
            trace: request.givenTrace, patience: BulkPatience(), clock: clock)
        return try await seats.hold {
            let connection = try await LongRequest(context, idle: idle)
            let spool = AnswerSpool(in: folder)
            let upload = BulkUpload(
                taker: taker, format: format, connection: connection, spool: spool,
                pause: { limits.pause(before: principal) }, city: { try await sender(of: request).city })
            // Reading reports is work, and the connection's own thread is others' too.
            try await withTaskExecutorPreference(globalConcurrentExecutor) {
                try await upload.run(request, for: city)
            }
            return Self.response(spool, over: connection)
        }
    }

    /// Who sends, and to which city; asked again while the upload goes on.
    private func sender(of request: Request) async throws -> (Principal, ReportSource, city: ServedCity) {
        let city = try await cities.city(of: request)
        let principal = try await authenticator.principal(of: request, in: city.city.code)
        return (principal, try ReportSource(principal), city)
    }

    private static func response(_ spool: AnswerSpool, over connection: LongRequest) -> Response {
        let count = spool.count
        return Response(
            status: .ok,
            headers: [
                .contentType: BulkFormat.ndjson.mediaType, .cacheControl: "no-store", .connection: "close",
            ],
            body: .init(contentLength: count) { writer in
                var sent = 0
                while sent < count {
                    let bytes = ByteBuffer(bytes: try await spool.read(from: sent, atMost: 1 << 16))
                    sent += bytes.readableBytes
                    let silence = connection.silence()
                    try await writer.write(bytes)
                    silence.broken()
                }
                try await writer.finish(nil)
            })
    }
}

/// How many uploads there may be at once: together they must not fill the admission queue.
final class BulkSeats: Sendable {
    static let most = 8

    private let taken = Mutex(0)

    /// - Throws: `ProblemDetails` 503 where every seat is taken.
    func hold<Value>(_ body: () async throws -> Value) async throws -> Value {
        let isFree = taken.withLock { taken in
            guard taken < Self.most else { return false }
            taken += 1
            return true
        }
        guard isFree else {
            throw ProblemDetails.unavailable(
                "Many uploads come at this moment; begin this one again.", retryAfter_s: 10)
        }
        defer { taken.withLock { $0 -= 1 } }
        return try await body()
    }
}
