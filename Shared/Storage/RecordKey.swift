internal import Domain
internal import PostgreSQL

/// Keys made of what a report says, for senders that name none: the same record sent again within a day is the same
/// report; later it is another.
///
/// The first report of a record has the key `h:DIGEST`, which the unique constraint lets stand once, and the n-th after
/// its day is over `r:DIGEST:n`. Whoever finds the newest expired asks for the next number, and of many only one gets
/// it: so no clock decides which key is asked for, and replicas cannot store a record twice.
package enum RecordKey {
    /// How long a record is the same report, in hours.
    package static let hours = 24
    /// Letters of a digest.
    package static let digestCount = 22

    package static func first(_ digest: String) -> String {
        precondition(digest.utf8.count == digestCount, "a digest has \(digestCount) letters")
        return "h:" + digest
    }

    static func repeated(_ digest: String, _ number: Int) -> String { "r:\(digest):\(number)" }

    /// The number in a key of `repeated`; 0 for any other.
    static func number(of key: String) -> Int { Int(key.dropFirst(digestCount + 3)) ?? 0 }
}

extension AdmissionStore {
    /// Admits records whose first report is older than a day: as the newest one after it, or as one more.
    func admitAnew(_ batch: [NewReport], in jurisdiction: JurisdictionCode) async throws -> [Admission] {
        var batch = batch
        var admissions: [Admission?] = batch.map { _ in nil }
        let rows = try await pool.query(
            """
            SELECT r.id, r.request_hash, r.tracking_code, r.area, r.received_at, r.area_approximate,
                r.received_at <= now() - interval '1 hour' * \(literal: RecordKey.hours), r.idempotency_key, t.place
            FROM unnest(\(batch.map(\.channel)), \(batch.map { $0.recordDigest ?? "" }))
                WITH ORDINALITY AS t (channel, digest, place)
            CROSS JOIN LATERAL (
                SELECT * FROM report
                WHERE jurisdiction = \(jurisdiction) AND channel = t.channel
                    AND substr(idempotency_key, 3, 22) = t.digest AND left(idempotency_key, 2) = 'r:'
                ORDER BY length(idempotency_key) DESC, idempotency_key DESC LIMIT 1) r
            """)
        var numbers = batch.map { _ in 1 }
        for row in rows {
            let index = Int(try row.decode(Int64.self, at: 8)) - 1
            if try row.decode(Bool.self, at: 6) {
                numbers[index] = RecordKey.number(of: try row.decode(String.self, at: 7)) + 1
            } else {
                admissions[index] = .repeated(try StoredReceipt(row))
            }
        }
        let left = batch.indices.filter { admissions[$0] == nil }
        for index in left {
            batch[index].idempotencyKey = RecordKey.repeated(batch[index].recordDigest ?? "", numbers[index])
        }
        guard !left.isEmpty else { return admissions.map { $0! } }
        // A number that is taken by now was taken a moment ago.
        let written = try await write(left.map { batch[$0] }, in: jurisdiction)
        for (index, found) in zip(left, written) { admissions[index] = found.admission }
        return admissions.map { $0! }
    }
}
