internal import Domain
internal import Outbound
internal import Runtime
internal import Storage
internal import Streams

/// One attempt to hand an event to an endpoint, by Standard Webhooks 1.0.
struct WebhookSender: Sendable {
    /// What came of an attempt: for the schedule, and for the store.
    struct Result: Sendable {
        var answer: WebhookAnswer
        var attempt: WebhookAttempt
    }

    /// Between two looks for room at our own client.
    private static let pause: Duration = .milliseconds(20)
    private static let mostPauses = 100

    let client: OutboundClient
    var timeout: Duration = WebhookPace.timeout
    var clock: @Sendable () -> Timestamp = { .now }

    /// Nil where no attempt was made: the task is cancelled, or our own client has no room for too long.
    func send(_ event: StoredEvent, to address: WebAddress, secrets: [WebhookSecret]) async -> Result? {
        for _ in 0..<Self.mostPauses {
            do throws(OutboundError) {
                let answer = try await client.send(request(event, address, secrets))
                let wait = answer.retryAfter.flatMap { RetryAfter.seconds($0, at: clock()) }
                return Result(
                    answer: .status(answer.status, retryAfterSeconds: wait),
                    attempt: WebhookAttempt(status: answer.status))
            } catch {
                switch error.kind {
                case .cancelled: return nil
                case .busy: break
                default: return Result(answer: .none, attempt: WebhookAttempt(failure: error.kind.rawValue))
                }
            }
            // pause: the client's places are taken by other endpoints, each for a bounded time
            do { try await Task.sleep(for: Self.pause) } catch { return nil }
        }
        return nil
    }

    private func request(_ event: StoredEvent, _ address: WebAddress, _ secrets: [WebhookSecret]) -> OutboundRequest {
        // The same at each attempt, and another for each event: receivers tell repeats by it.
        let id = event.id.text
        let seconds = clock().milliseconds / 1_000
        let body = Array(event.body.utf8)
        return OutboundRequest(
            .post, address,
            headers: [
                ("Content-Type", "application/cloudevents+json"), ("webhook-id", id),
                ("webhook-timestamp", "\(seconds)"),
                (
                    "webhook-signature",
                    WebhookSignature.header(id: id, seconds: seconds, body: body, secrets: secrets)
                ),
            ], body: body, timeout: timeout, answerLimit_bytes: WebhookPace.answerLimit_bytes, keepsAnswer: false)
    }
}
