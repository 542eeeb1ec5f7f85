package import Domain
package import FoundationEssentials
package import PostgreSQL

/// The running instances of our own services, and the keys by which they know each other.
///
/// A row stands as long as its instance renews it; the store's clock decides.
package struct PeerStore: Sendable {
    /// One running instance.
    package struct Peer: Hashable, Sendable {
        package var service: String
        package var instance: UUID
        /// Where its PUB socket is, such as `tcp://10.0.0.7:40123`; empty for one that publishes nothing.
        package var endpoint: String
        /// CURVE, in Z85: 40 characters.
        package var publicKey: String

        package init(service: String, instance: UUID, endpoint: String, publicKey: String) {
            self.service = service
            self.instance = instance
            self.endpoint = endpoint
            self.publicKey = publicKey
        }
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Writes or renews the row, and removes those of its service that ended long ago without saying so.
    ///
    /// - Parameters:
    ///   - seconds: How long the row stands without being renewed.
    ///   - version: The product's that the instance runs.
    ///   - clockAhead: How far the instance's clock is ahead of the store's, in seconds; nil while it does not know.
    /// - Returns: the store's time.
    @discardableResult
    package func register(
        _ peer: Peer, for seconds: Int, version: String, clockAhead: Double?
    ) async throws(PostgresError) -> Timestamp {
        let lifetime = Double(seconds)
        let results = try await pool.pipeline([
            """
            INSERT INTO peer (service, instance, endpoint, public_key, version, expires_at, clock_ahead_s)
            VALUES (\(peer.service), \(peer.instance), \(peer.endpoint), \(peer.publicKey), \(version),
                now() + make_interval(secs => \(lifetime)), \(clockAhead as Double?))
            ON CONFLICT (service, instance) DO UPDATE
                SET expires_at = EXCLUDED.expires_at, clock_ahead_s = EXCLUDED.clock_ahead_s
            RETURNING clock_timestamp()
            """,
            """
            DELETE FROM peer WHERE service = \(peer.service) AND (service, instance) IN (
                SELECT service, instance FROM peer
                WHERE service = \(peer.service) AND expires_at < now() - interval '1 minute'
                FOR UPDATE SKIP LOCKED)
            """,
        ])
        return try results[0].one().decode(Timestamp.self, at: 0)
    }

    /// How many notifiers serve each agency of the city now; 0 where nobody does.
    package func notifiers(in jurisdiction: JurisdictionCode) async throws(PostgresError) -> [AgencyCode: Int] {
        let rows = try await pool.query(
            """
            SELECT s.code, count(p.instance) FROM stream s
            LEFT JOIN notifier_login l ON l.jurisdiction = s.jurisdiction AND l.agency = s.code
            LEFT JOIN peer p ON p.service = 'notifier' AND p.registered_by = l.login AND p.expires_at > now()
            WHERE s.jurisdiction = \(jurisdiction) AND s.kind IN ('agency', 'triage') GROUP BY s.code
            """)
        var notifiers: [AgencyCode: Int] = [:]
        for row in rows {
            notifiers[AgencyCode(rawValue: try row.decode(String.self, at: 0))] = Int(try row.decode(Int64.self, at: 1))
        }
        return notifiers
    }

    package func remove(_ peer: Peer) async throws(PostgresError) {
        try await pool.query("DELETE FROM peer WHERE service = \(peer.service) AND instance = \(peer.instance)")
    }

    /// Every instance of every service that stands now.
    package func standing() async throws(PostgresError) -> [Peer] {
        let rows = try await pool.query(
            """
            SELECT service, instance, endpoint, public_key FROM peer
            WHERE expires_at > now() ORDER BY service, instance
            """)
        var peers: [Peer] = []
        for row in rows {
            let (service, instance, endpoint, key) = try row.decode((String, UUID, String, String).self)
            peers.append(Peer(service: service, instance: instance, endpoint: endpoint, publicKey: key))
        }
        return peers
    }
}
