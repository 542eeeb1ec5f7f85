import Domain
import FoundationEssentials
import PostgreSQL
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Notifier

/// The doors of an agency's webhooks; nothing is sent here.
@Suite("Doors of webhooks", .serialized, .freshDatabase(NotifierCity.template))
struct WebhookRoutesTests {
    private static let base = "/v1/agencies/dlhk/webhooks"
    private static let body = #"{"url": "https://dinas.example.id/hook", "policy": "dead_letter"}"#

    private func run(_ body: (NotifierStand) async throws -> Void) async throws {
        try await NotifierStand.run(settings: ["SASANDO_WEBHOOK_KEY_FILE": try WebhookKeyFile.path()], body)
    }

    @Test func `an endpoint is made, read, changed and removed`() async throws {
        try await run { notifier async throws in
            let made = try await notifier.ask("POST", Self.base, json: Self.body)
            #expect(made.status == 201 && made["Cache-Control"] == "no-store", "\(made)")
            let id = try #require(made.json["id"]?.text)
            #expect(made["Location"] == "\(Self.base)/\(id)")
            let secret = try #require(made.json["secret"]?.text.flatMap { WebhookSecret(text: $0) })
            #expect(secret.bytes.count == 32)
            #expect(made.json["policy"] == "dead_letter" && made.json["types"] == .null)
            #expect(made.json["state"] == "active")
            let seen = try await notifier.ask("GET", "\(Self.base)/\(id)")
            #expect(seen.status == 200 && seen.json["secret"] == nil && seen.json["dead"] == 0, "\(seen)")
            let changed = try await notifier.ask(
                "PATCH", "\(Self.base)/\(id)", json: #"{"types": ["assigned"], "state": "disabled"}"#)
            #expect(changed.json["types"] == ["sasando.report.assigned"] && changed.json["reason"] == "asked")
            let listed = try await notifier.ask("GET", Self.base)
            #expect(listed.json["webhooks"]?.elements.compactMap { $0["id"]?.text } == [id])
            #expect(!listed.body.contains("whsec_"))
            #expect(try await notifier.ask("POST", "\(Self.base)/\(id)/dead/replay").status == 409)
            #expect(try await notifier.ask("DELETE", "\(Self.base)/\(id)").status == 204)
            for (method, path) in [
                ("DELETE", ""), ("GET", ""), ("POST", "/rotate"), ("GET", "/dead"), ("POST", "/dead/replay"),
            ] {
                #expect(try await notifier.ask(method, "\(Self.base)/\(id)\(path)").status == 404, "\(method) \(path)")
            }
            #expect(try await notifier.ask("GET", "\(Self.base)/x").status == 404)
        }
    }

    @Test func `a request that comes again makes no second endpoint, and another one is refused`() async throws {
        try await run { notifier async throws in
            let key = [("Idempotency-Key", "pasang-1")]
            let made = try await notifier.ask("POST", Self.base, headers: key, json: Self.body)
            let again = try await notifier.ask("POST", Self.base, headers: key, json: Self.body)
            #expect(made.status == 201 && again.status == 200 && again["Idempotency-Replayed"] == "true")
            #expect(again.json["id"] == made.json["id"] && again.json["secret"] == made.json["secret"])
            let other = try await notifier.ask(
                "POST", Self.base, headers: key, json: #"{"url": "https://dinas.example.id/lain"}"#)
            #expect(other.status == 422, "\(other)")
            _ = try await Fixture.current.pool.query("UPDATE webhook SET created_at = now() - interval '2 hours'")
            let late = try await notifier.ask("POST", Self.base, headers: key, json: Self.body)
            #expect(late.json["id"] == made.json["id"] && late.json["secret"] == nil, "shown for an hour")
        }
    }

    @Test func `what is wrong is told at once, and where the stream cannot be gone on from`() async throws {
        try await run { notifier async throws in
            let wrong = try await notifier.ask(
                "POST", Self.base, json: #"{"url": "http://dinas.example.id/", "policy": "x", "after": "x"}"#)
            #expect(wrong.status == 422 && wrong["Content-Type"] == "application/problem+json")
            #expect(
                wrong.json["errors"]?.elements.compactMap { $0["pointer"]?.text } == ["/url", "/policy", "/after"],
                "\(wrong)")
            let ahead = try await notifier.ask(
                "POST", Self.base, json: #"{"url": "https://dinas.example.id/", "after": "1-99"}"#)
            #expect(ahead.status == 409 && ahead.json["latest"] == "1-0", "\(ahead)")
            #expect(try await notifier.ask("POST", Self.base, json: "[").status == 400)
            #expect(try await notifier.ask("POST", Self.base, form: "url=x").status == 415)
            #expect(try await notifier.ask("GET", Self.base).json["webhooks"] == [])
        }
    }

    @Test func `there are at most twenty`() async throws {
        try await run { notifier async throws in
            for _ in 0..<WebhookStore.limit {
                #expect(try await notifier.ask("POST", Self.base, json: Self.body).status == 201)
            }
            #expect(try await notifier.ask("POST", Self.base, json: Self.body).status == 409)
        }
    }

    @Test func `without a key for secrets nothing new is taken`() async throws {
        try await NotifierStand.run { notifier async throws in
            let answer = try await notifier.ask("POST", Self.base, json: Self.body)
            #expect(answer.status == 503, "\(answer)")
            #expect(try await notifier.ask("GET", Self.base).status == 200)
        }
    }
}
