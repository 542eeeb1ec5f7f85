import Domain
import Foundation
import PostgreSQL
import TestSupport

/// What the webhooks figure needs of the store.
extension Store {
    /// Appends so many events to each of these agencies' streams, each of about a kilobyte, as of assigned reports.
    func appendEvents(_ count: Int, to agencies: [String]) async throws {
        _ = try await pool.transaction([
            """
            SELECT 1 FROM stream WHERE code = ANY (\(agencies)) ORDER BY jurisdiction, code FOR NO KEY UPDATE
            """,
            """
            INSERT INTO stream_event (jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status,
                agency, category, channel, received_at, occurred_at, body)
            SELECT s.jurisdiction, s.code, s.head + e.n, s.epoch, e.id, 'assigned', e.report, 1, 'assigned', s.code,
                'sampah', 'integrator', now(), now(), format(
                    '{"specversion":"1.0","id":"%s","source":"/%s/streams/%s","type":"sasando.report.assigned",'
                        '"subject":"%s","sequence":"%s","datacontenttype":"application/json","data":{"filler":"%s"}}',
                    e.id, s.jurisdiction, s.code, e.report, lpad((s.head + e.n)::text, 20, '0'),
                    repeat(md5(e.id::text), 24))
            FROM stream s CROSS JOIN LATERAL (
                SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS report
                FROM generate_series(1, \(Int64(count))) AS numbers (n) WHERE s.code IS NOT NULL) e
            WHERE s.code = ANY (\(agencies))
            """,
            """
            UPDATE stream SET head = head + \(Int64(count)) WHERE code = ANY (\(agencies))
            """,
        ])
    }
}

/// An agency's webhooks, as the figure makes and removes them.
struct WebhookDoor: Sendable {
    private let door: Door
    private let path: String

    init(_ stack: Stack, of agency: String) throws {
        let notifier = try stack.notifier(of: agency)
        guard let token = stack.credentials.agencies[agency]?.token else {
            throw BenchFailure("\(agency) has no token")
        }
        door = Door("http://127.0.0.1:\(notifier.port)").bearing(token)
        path = "/v1/agencies/\(agency)/webhooks"
    }

    func add(_ url: String) async throws {
        let answer = try await door.post(path, json: ["url": .string(url)])
        guard answer.status == 201 else { throw BenchFailure("no webhook was made: \(answer)") }
    }

    func removeAll() async throws {
        for webhook in try await door.get(path).json["webhooks"]?.elements ?? [] {
            _ = try await door.send("DELETE", "\(path)/\(webhook["id"]?.text ?? "")")
        }
    }
}
