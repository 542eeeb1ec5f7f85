internal import Hummingbird
internal import Runtime

/// A stream in all the ways in which it is served: to who asks, and to who has it pushed.
struct ServedStream: Sendable {
    let live: LiveStream
    let webhooks: WebhookPart
}

/// Who may have a stream.
struct StreamEntrance: Sendable {
    /// Lets a caller in, and gives the stream that is the caller's. Throws 401, 403, 404 and 429 for who may not have it,
    /// and 503 where it cannot be served yet.
    let admit: @Sendable (Request, WebContext) async throws -> ServedStream
    /// Judges anew who was let in, at the address with this code, and takes nothing from a limit. Throws 401 and 403.
    let judge: @Sendable (Request, _ code: String?) async throws -> Void

    func callAsFunction(_ request: Request, _ context: WebContext) async throws -> ServedStream {
        try await admit(request, context)
    }
}
