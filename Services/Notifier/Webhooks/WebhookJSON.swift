internal import Domain
internal import FoundationEssentials
internal import Storage

/// Endpoints and their dead letters as an agency's programs read them.
struct WebhookJSON: Sendable {
    /// Of the city's clock, in seconds.
    let offset: Int

    /// `{"webhooks":[…]}`
    func list(_ records: [WebhookRecord]) -> [UInt8] {
        var writer = JSONWriter(capacity: 64 + records.count * 700)
        writer.object {
            $0.key("webhooks")
            $0.array { for record in records { write(record, nil, to: &$0) } }
        }
        return writer.bytes
    }

    /// - Parameter secret: shown where it was just made.
    func one(_ record: WebhookRecord, secret: WebhookSecret? = nil) -> [UInt8] {
        var writer = JSONWriter(capacity: 800)
        write(record, secret, to: &writer)
        return writer.bytes
    }

    /// `{"dead":[…]}`
    func dead(_ letters: [DeadLetter]) -> [UInt8] {
        var writer = JSONWriter(capacity: 64 + letters.count * 250)
        writer.object {
            $0.key("dead")
            $0.array { for letter in letters { write(letter, to: &$0) } }
        }
        return writer.bytes
    }

    private func write(_ record: WebhookRecord, _ secret: WebhookSecret?, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", record.id)
            writer.member("url", record.url)
            if let secret { writer.member("secret", secret.text) }
            writer.member("policy", record.policy.rawValue)
            writer.key("types")
            if let types = record.types {
                writer.array { for type in types { $0.value(type.cloudEventType) } }
            } else {
                writer.null()
            }
            writer.member("state", record.state.rawValue)
            writer.member("reason", record.reason)
            writer.member("disabled_at", record.disabledAt, offsetSeconds: offset)
            writer.member("created_at", record.createdAt, offsetSeconds: offset)
            writer.member("cursor", record.cursor.text)
            writer.member("behind", max(0, record.head - record.cursor.seq))
            writer.member("attempts", record.attempts)
            writer.member("next_attempt_at", record.nextAttemptAt, offsetSeconds: offset)
            writer.member("last_attempt_at", record.lastAttemptAt, offsetSeconds: offset)
            writer.member("last_status", record.lastStatus)
            writer.member("last_failure", record.lastFailure)
            writer.member("dead", record.dead)
            writer.member("previous_secret_until", record.previousUntil, offsetSeconds: offset)
        }
    }

    private func write(_ letter: DeadLetter, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("cursor", letter.cursor.text)
            writer.member("id", letter.eventID)
            writer.member("type", "sasando.report.\(letter.type)")
            writer.member("attempts", letter.attempts)
            writer.member("last_status", letter.lastStatus)
            writer.member("last_failure", letter.lastFailure)
            writer.member("dead_at", letter.deadAt, offsetSeconds: offset)
            writer.member("replay_at", letter.replayAt, offsetSeconds: offset)
        }
    }
}
