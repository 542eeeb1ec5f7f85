internal import Hummingbird
internal import Runtime

/// A stream in all the ways in which it is served: to who asks, and to who has it pushed.
struct ServedStream: Sendable {
    let live: LiveStream
    let webhooks: WebhookPart
}

/// Lets a caller in, and gives the stream that is the caller's. Throws 401, 403, 404 and 429 for who may not have it, and
/// 503 where it cannot be served yet.
typealias StreamEntrance = @Sendable (Request, WebContext) async throws -> ServedStream
