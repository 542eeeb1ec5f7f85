internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage
internal import Streams

/// `/v1/agencies/{code}/webhooks`, and a channel's: the addresses that its stream is pushed to.
struct WebhookRoutes: Sendable {
    /// Where the addresses of agencies, or of channels, begin, up to and with the place of the code.
    let root: String
    let entrance: StreamEntrance
    let cities: CityRegistry

    static let deadLimits = 1...WebhookStore.deadLimit

    func add(to router: Router<WebContext>) {
        router.get("\(root)/webhooks") { try await list($0, $1) }
        router.post("\(root)/webhooks") { try await create($0, $1) }
        router.get("\(root)/webhooks/:id") { try await one($0, $1) }
        router.patch("\(root)/webhooks/:id") { try await change($0, $1) }
        router.delete("\(root)/webhooks/:id") { try await remove($0, $1) }
        router.post("\(root)/webhooks/:id/rotate") { try await rotate($0, $1) }
        router.get("\(root)/webhooks/:id/dead") { try await dead($0, $1) }
        router.post("\(root)/webhooks/:id/dead/replay") { try await replay($0, $1) }
    }

    // MARK: Endpoints

    private func list(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).webhooks
        return answer(json(stream).list(try await stream.store.list()))
    }

    private func one(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).webhooks
        return answer(json(stream).one(try await known(stream, try context.webhookID())))
    }

    private func create(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).webhooks
        let seal = try stream.requireSeal()
        let key = try IdempotencyKeyHeader(request)
        let body = try await request.collectJSON()
        let wish = try WebhookWish.read(body, isNew: true, policy: stream.addresses).wanted(request)
        guard let address = wish.address else { throw ProblemDetails.internalError }
        let position = try await position(stream, wish.start ?? .latest)
        var generator = SystemRandomNumberGenerator()
        let id = UUID.version7(at: .now, random: (generator.next(), generator.next()))
        let secret = WebhookSeal.makeSecret()
        let types = wish.types.flatMap { $0.isEmpty ? nil : $0 }
        let made = try await stream.store.create(
            id, address, policy: wish.policy ?? .block, types: types, after: position,
            secret: try seal.seal(secret, of: id),
            key: key.map { ($0.text, CommandHash.of(method: "POST", path: request.uri.path, body: body)) })
        switch made {
        case .made:
            stream.signals.ringChange()
            return created(json(stream).one(try await known(stream, id), secret: secret), id, request)
        case .repeated(let id, let sealed):
            let secret = try sealed.map { try seal.open($0, of: id) }
            var response = answer(json(stream).one(try await known(stream, id), secret: secret))
            response.headers[.idempotencyReplayed] = "true"
            return response
        case .keyReused:
            throw ProblemDetails(
                .unprocessableContent, detail: "This Idempotency-Key came before, with another request.")
        case .full:
            throw ProblemDetails.conflict("There are \(WebhookStore.limit) webhooks, and no further one can be.")
        }
    }

    private func change(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).webhooks
        let id = try context.webhookID()
        let wish = try WebhookWish.read(try await request.collectJSON(), isNew: false, policy: stream.addresses)
            .wanted(request)
        guard try await stream.store.change(id, wish) else { throw ProblemDetails.unknownWebhook }
        stream.signals.ringChange()
        return answer(json(stream).one(try await known(stream, id)))
    }

    private func remove(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).webhooks
        guard try await stream.store.remove(try context.webhookID()) else { throw ProblemDetails.unknownWebhook }
        stream.signals.ringChange()
        return Response(status: .noContent)
    }

    private func rotate(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).webhooks
        let seal = try stream.requireSeal()
        let id = try context.webhookID()
        let key = try IdempotencyKeyHeader(request)
        _ = try await request.collectCommand()
        var secret = WebhookSeal.makeSecret()
        switch try await stream.store.rotate(id, to: try seal.seal(secret, of: id), key: key?.text) {
        case nil: throw ProblemDetails.unknownWebhook
        case .rotated?: stream.signals.ringChange()
        case .repeated(let sealed)?: secret = try seal.open(sealed, of: id)
        }
        return answer(json(stream).one(try await known(stream, id), secret: secret))
    }

    // MARK: Dead letters

    private func dead(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).webhooks
        let id = try context.webhookID()
        let limit = try request.query.pageLimit(in: Self.deadLimits, standard: 100)
        let after = request.query["after"].flatMap { $0.isEmpty ? nil : $0 }
        let cursor = after.map { Cursor(text: $0) }
        if case .some(nil) = cursor { throw ProblemDetails.badRequest("\"after\" is a cursor, as in 1-42.") }
        _ = try await known(stream, id)
        let letters = try await stream.store.dead(id, after: cursor??.seq ?? 0, limit: limit)
        var response = answer(json(stream).dead(letters))
        if letters.count == limit, let last = letters.last {
            response.headers[.link] = "<\(request.uri.path)?after=\(last.cursor)&limit=\(limit)>; rel=\"next\""
        }
        return response
    }

    private func replay(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).webhooks
        let id = try context.webhookID()
        let wish = try WebhookReplay.read(try await request.collectCommand()).wanted(request)
        guard try await known(stream, id).state == .active else {
            throw ProblemDetails.conflict("This webhook is disabled: make it active first.")
        }
        let count = try await stream.store.replay(id, wish.seqs)
        stream.signals.ringChange()
        var writer = JSONWriter()
        writer.object { $0.member("replaying", count) }
        return answer(writer.bytes, status: .accepted)
    }

    // MARK: Parts of them

    private func json(_ stream: WebhookPart) -> WebhookJSON {
        WebhookJSON(offset: cities.city(stream.reader.jurisdiction)?.city.utcOffset ?? 0)
    }

    private func answer(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        .json(bytes, status: status, headers: [.cacheControl: "no-store"])
    }

    private func created(_ bytes: [UInt8], _ id: UUID, _ request: Request) -> Response {
        var response = answer(bytes, status: .created)
        response.headers[.location] = "\(request.uri.path)/\(id.text)"
        return response
    }

    private func known(_ stream: WebhookPart, _ id: UUID) async throws -> WebhookRecord {
        guard let record = try await stream.store.one(id) else { throw ProblemDetails.unknownWebhook }
        return record
    }

    /// Throws 409 and 410 for a cursor that cannot be gone on from.
    private func position(_ stream: WebhookPart, _ start: WebhookStart) async throws -> Int64 {
        guard let extent = try await stream.reader.extent() else {
            throw LiveStream.noStream
        }
        switch start {
        case .latest: return extent.latest.seq
        case .earliest: return extent.earliest.seq
        case .after(let cursor): return try StreamPosition.after(cursor).cursor(in: extent).seq
        }
    }
}

extension Optional {
    /// What was read; 400 for what is no JSON, 422 with every fault of the rest.
    fileprivate func wanted<Wish>(_ request: Request) throws(ProblemDetails) -> Wish
    where Wrapped == Result<Wish, Faults> {
        switch self {
        case .success(let wish)?: return wish
        case .failure(let faults)?: throw ProblemDetails(faults, Language(request))
        case nil: throw .badRequest("The body is not readable JSON.")
        }
    }
}

extension WebContext {
    /// The `{id}` of the path. Throws 404 for what cannot be one.
    fileprivate func webhookID() throws(ProblemDetails) -> UUID {
        guard let id = parameters.get("id").flatMap({ UUID(text: $0) }) else { throw .unknownWebhook }
        return id
    }
}

extension ProblemDetails {
    fileprivate static let unknownWebhook = ProblemDetails.notFound("This stream has no such webhook.")
}
