internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// `/channels/…`: where WhatsApp and Telegram bring what people write. Nothing is parsed before it is known whose call it
/// is, and none is answered before what it brought is committed.
struct ChannelRoutes: Sendable {
    /// Of one call's body, in bytes: WhatsApp's may have 3 MB.
    static let bodyLimit = 4 << 20

    let cities: ServedCities
    let settings: ChannelSettings
    let store: ChatStore
    let vault: ChatVault
    /// Rung when there is something to look at.
    let bell: Wake
    let logger: Logger
    let clock: @Sendable () -> Timestamp
    /// WhatsApp's signature is over the body, so anyone's has to be held until it is known.
    private let room = UploadRoom(mostBytes: 64 << 20)

    func add(to router: Router<WebContext>) {
        router.get("/channels/whatsapp") { request, _ in try self.verify(request) }
        router.post("/channels/whatsapp") { request, context in
            let client = context.client(of: request)
            return try await self.room.hold(for: request, upTo: Self.bodyLimit, from: client) {
                try await self.takeWhatsApp(request)
            }
        }
        router.post("/channels/telegram") { request, _ in try await self.takeTelegram(request) }
    }

    private func whatsapp() throws -> ChannelSettings.WhatsApp {
        guard let settings = settings.whatsapp else { throw ProblemDetails.notFound("This city is not on WhatsApp.") }
        return settings
    }

    /// Who sets the webhook up shows the token, and is given back the challenge.
    private func verify(_ request: Request) throws -> Response {
        let settings = try whatsapp()
        let query = request.query
        let challenge = query["hub.challenge"] ?? ""
        guard query["hub.mode"] == "subscribe",
            ChannelSignature.matches(query["hub.verify_token"], secret: settings.verifyToken.bytes),
            (1...256).contains(challenge.utf8.count), challenge.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            ChatMetrics.count(.forged, of: .whatsapp)
            throw Self.forged
        }
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: challenge)))
    }

    private func takeWhatsApp(_ request: Request) async throws -> Response {
        let settings = try whatsapp()
        let body = Array(try await request.collect(upTo: Self.bodyLimit).readableBytesView)
        let signature = request.headers[.hubSignature]
        guard ChannelSignature.signs(body, header: signature, secret: settings.appSecret.bytes) else {
            ChatMetrics.count(.forged, of: .whatsapp)
            throw Self.forged
        }
        return try await take(WhatsApp.messages(body, to: settings.number), from: .whatsapp, request)
    }

    private func takeTelegram(_ request: Request) async throws -> Response {
        guard let settings = settings.telegram else { throw ProblemDetails.notFound("This city is not on Telegram.") }
        guard ChannelSignature.matches(request.headers[.telegramSecret], secret: settings.secret.bytes) else {
            ChatMetrics.count(.forged, of: .telegram)
            throw Self.forged
        }
        let body = Array(try await request.collect(upTo: Self.bodyLimit).readableBytesView)
        return try await take(Telegram.messages(body), from: .telegram, request)
    }

    private static let forged = ProblemDetails.forbidden("This call is not signed by who may make it.")

    private func take(
        _ messages: [ChatMessage]?, from channel: ChannelCode, _ request: Request
    ) async throws -> Response {
        guard let messages else {
            ChatMetrics.count(.unreadable, of: channel)
            throw ProblemDetails.badRequest("The body is not readable JSON.")
        }
        if !messages.isEmpty {
            let city = try await cities.city(of: request).city
            let now = clock()
            let stored = try messages.map { try vault.stored($0, from: channel, now: now) }
            do {
                _ = try await store.take(stored, from: channel, gather: settings.gather, in: city.code)
            } catch {
                // It is delivered again.
                logger.warning("Messages not stored", metadata: [LogKey.error: "\(error)"])
                throw ProblemDetails.unavailable("The messages could not be stored now; send them again.")
            }
            bell.ring()
        }
        ChatMetrics.count(.taken, of: channel)
        return Response(status: .ok, headers: [.cacheControl: "no-store"])
    }
}

extension HTTPField.Name {
    fileprivate static let hubSignature = Self("X-Hub-Signature-256")!
    fileprivate static let telegramSecret = Self("X-Telegram-Bot-Api-Secret-Token")!
}
