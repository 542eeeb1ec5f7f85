package import Domain
package import PostgreSQL

/// Who holds a key.
package struct KeyHolder: Sendable, Hashable {
    /// `zeromq` is an integrator's or an agency's, known by a CURVE public key instead of a token.
    package enum Kind: String, Sendable { case integrator, agency, `operator`, zeromq }

    package var keyID: String
    package var kind: Kind
    package var agency: AgencyCode?
    package var channel: ChannelCode?
    /// Requests a minute; nil for no limit.
    package var ratePerMinute: Int?
    /// What an integrator's key opens; nil for everything.
    package var scopes: Set<KeyScope>?
    package var legalBasis: LegalBasis
    /// Whether it is there to try the doors with: what comes by it reaches nobody.
    package var isTest: Bool

    package init(
        keyID: String, kind: Kind, agency: AgencyCode? = nil, channel: ChannelCode? = nil, ratePerMinute: Int? = nil,
        scopes: Set<KeyScope>? = nil, legalBasis: LegalBasis = .consent, isTest: Bool = false
    ) {
        self.keyID = keyID
        self.kind = kind
        self.agency = agency
        self.channel = channel
        self.ratePerMinute = ratePerMinute
        self.scopes = scopes
        self.legalBasis = legalBasis
        self.isTest = isTest
    }
}

/// An open key that a program's ZeroMQ connections are known by.
package struct CurveKeyHolder: Sendable, Hashable {
    /// 32 bytes.
    package var publicKey: [UInt8]
    package var jurisdiction: JurisdictionCode
    package var holder: KeyHolder

    package init(publicKey: [UInt8], jurisdiction: JurisdictionCode, holder: KeyHolder) {
        self.publicKey = publicKey
        self.jurisdiction = jurisdiction
        self.holder = holder
    }
}

/// Keys and sessions. Only hashes of tokens ever come here.
package struct AccessStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Who holds the token, or the session, with this SHA-256; nil for nobody.
    package func holder(of hash: [UInt8], in jurisdiction: JurisdictionCode) async throws -> KeyHolder? {
        let rows = try await pool.query(
            """
            SELECT id, kind, agency, channel, rate_per_minute, scopes, legal_basis, is_test
            FROM principal_of(\(jurisdiction), \(hash))
            """)
        guard let row = rows.first, let kind = KeyHolder.Kind(rawValue: try row.decode(String.self, at: 1)) else {
            return nil
        }
        return KeyHolder(
            keyID: try row.decode(String.self, at: 0), kind: kind,
            agency: try row.decode(String?.self, at: 2).map(AgencyCode.init(rawValue:)),
            channel: try row.decode(String?.self, at: 3).map(ChannelCode.init(rawValue:)),
            ratePerMinute: try row.decode(Int32?.self, at: 4).map(Int.init),
            // A scope that this version does not know opens nothing here.
            scopes: try row.decode([String]?.self, at: 5).map { Set($0.compactMap(KeyScope.init(rawValue:))) },
            legalBasis: LegalBasis(rawValue: try row.decode(String.self, at: 6)) ?? .consent,
            isTest: try row.decode(Bool.self, at: 7))
    }

    /// Opens a session of 12 hours for whoever holds the key; nil where nobody who may sign in does.
    package func openSession(
        keyHash: [UInt8], sessionHash: [UInt8], in jurisdiction: JurisdictionCode
    ) async throws -> KeyHolder? {
        let rows = try await pool.query(
            "SELECT id, kind, agency FROM open_session(\(jurisdiction), \(keyHash), \(sessionHash))")
        guard let row = rows.first, let kind = KeyHolder.Kind(rawValue: try row.decode(String.self, at: 1)) else {
            return nil
        }
        return KeyHolder(
            keyID: try row.decode(String.self, at: 0), kind: kind,
            agency: try row.decode(String?.self, at: 2).map(AgencyCode.init(rawValue:)))
    }

    private static let openCurveKeys: SQL =
        "SELECT public_key, jurisdiction, id, channel, rate_per_minute FROM open_zeromq_keys()"

    /// Every integrator's open key of kind `zeromq`, of all cities; 10,000 at most. For intake's login.
    package func curveKeys() async throws -> [CurveKeyHolder] {
        var keys: [CurveKeyHolder] = []
        for row in try await pool.query(Self.openCurveKeys) {
            keys.append(
                CurveKeyHolder(
                    publicKey: try row.decode([UInt8].self, at: 0),
                    jurisdiction: JurisdictionCode(rawValue: try row.decode(String.self, at: 1)),
                    holder: KeyHolder(
                        keyID: try row.decode(String.self, at: 2), kind: .zeromq,
                        channel: ChannelCode(rawValue: try row.decode(String.self, at: 3)),
                        ratePerMinute: try row.decode(Int32?.self, at: 4).map(Int.init))))
        }
        return keys
    }

    private static let openStreamKeys: SQL =
        "SELECT public_key, jurisdiction, id, agency, rate_per_minute FROM open_stream_keys()"

    /// Every open key of kind `zeromq` of the agency whose login this is; 10,000 at most.
    package func streamKeys() async throws -> [CurveKeyHolder] {
        var keys: [CurveKeyHolder] = []
        for row in try await pool.query(Self.openStreamKeys) {
            keys.append(
                CurveKeyHolder(
                    publicKey: try row.decode([UInt8].self, at: 0),
                    jurisdiction: JurisdictionCode(rawValue: try row.decode(String.self, at: 1)),
                    holder: KeyHolder(
                        keyID: try row.decode(String.self, at: 2), kind: .zeromq,
                        agency: AgencyCode(rawValue: try row.decode(String.self, at: 3)),
                        ratePerMinute: try row.decode(Int32?.self, at: 4).map(Int.init))))
        }
        return keys
    }

    package func closeSession(_ hash: [UInt8], in jurisdiction: JurisdictionCode) async throws {
        _ = try await pool.query("SELECT close_session(\(jurisdiction), \(hash))")
    }
}

/// The keys as the operator manages them: needs the owner's login.
package struct KeyStore: Sendable {
    /// A key as it is listed; the token itself is shown once, when it is made.
    package struct Entry: Sendable {
        package var id: String
        package var kind: String
        package var agency: String?
        package var channel: String?
        package var ratePerMinute: Int32?
        /// nil: everything.
        package var scopes: [String]?
        package var legalBasis: String
        package var isTest: Bool
        package var createdAt: Timestamp
        package var expiresAt: Timestamp?
        package var revokedAt: Timestamp?
        /// Of kind `zeromq`: 32 bytes.
        package var publicKey: [UInt8]?

        fileprivate init(row: Row) throws {
            id = try row.decode(String.self, at: 0)
            kind = try row.decode(String.self, at: 1)
            agency = try row.decode(String?.self, at: 2)
            channel = try row.decode(String?.self, at: 3)
            ratePerMinute = try row.decode(Int32?.self, at: 4)
            createdAt = try row.decode(Timestamp.self, at: 5)
            expiresAt = try row.decode(Timestamp?.self, at: 6)
            revokedAt = try row.decode(Timestamp?.self, at: 7)
            scopes = try row.decode([String]?.self, at: 8)
            legalBasis = try row.decode(String.self, at: 9)
            isTest = try row.decode(Bool.self, at: 10)
            publicKey = try row.decode([UInt8]?.self, at: 11)
        }
    }

    private static let columns: SQL =
        """
        id, kind, agency, channel, rate_per_minute, created_at, expires_at, revoked_at, scopes, legal_basis, is_test,
        public_key
        """

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Makes the key, unless one has this token already; either way, that key. The caller sees by its id which it is.
    package func ensure(
        _ holder: KeyHolder, tokenHash: [UInt8], expiresAt: Timestamp?, in jurisdiction: JurisdictionCode
    ) async throws -> Entry {
        let results = try await pool.transaction([
            """
            INSERT INTO api_key (jurisdiction, id, kind, agency, channel, token_hash, rate_per_minute, expires_at,
                scopes, legal_basis, is_test)
            VALUES (\(jurisdiction), \(holder.keyID), \(holder.kind.rawValue), \(holder.agency as AgencyCode?),
                \(holder.channel as ChannelCode?),
                \(tokenHash), \(holder.ratePerMinute.map(Int32.init) as Int32?), \(expiresAt as Timestamp?),
                \(holder.scopes.map { $0.map(\.rawValue).sorted() } as [String]?), \(holder.legalBasis.rawValue),
                \(holder.isTest))
            ON CONFLICT (jurisdiction, token_hash) DO NOTHING
            """,
            "SELECT \(Self.columns) FROM api_key WHERE jurisdiction = \(jurisdiction) AND token_hash = \(tokenHash)",
        ])
        return try Entry(row: results[1].first!)
    }

    /// The same of a key of kind `zeromq`, which is known by its CURVE public key of 32 bytes.
    package func ensure(
        _ holder: KeyHolder, publicKey: [UInt8], expiresAt: Timestamp?, in jurisdiction: JurisdictionCode
    ) async throws -> Entry {
        let results = try await pool.transaction([
            """
            INSERT INTO api_key (jurisdiction, id, kind, agency, channel, public_key, rate_per_minute, expires_at)
            VALUES (\(jurisdiction), \(holder.keyID), \(holder.kind.rawValue), \(holder.agency as AgencyCode?),
                \(holder.channel as ChannelCode?), \(publicKey), \(holder.ratePerMinute.map(Int32.init) as Int32?), \(expiresAt as Timestamp?))
            ON CONFLICT (jurisdiction, public_key) DO NOTHING
            """,
            "SELECT \(Self.columns) FROM api_key WHERE jurisdiction = \(jurisdiction) AND public_key = \(publicKey)",
        ])
        return try Entry(row: results[1].first!)
    }

    /// Ends a key and its sessions. Returns false where there is no such open key.
    package func revoke(_ id: String, in jurisdiction: JurisdictionCode) async throws -> Bool {
        let results = try await pool.transaction([
            """
            UPDATE api_key SET revoked_at = now()
            WHERE jurisdiction = \(jurisdiction) AND id = \(id) AND revoked_at IS NULL RETURNING id
            """,
            "DELETE FROM session WHERE jurisdiction = \(jurisdiction) AND key_id = \(id)",
        ])
        return results[0].count == 1
    }

    package func list(in jurisdiction: JurisdictionCode) async throws -> [Entry] {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns) FROM api_key WHERE jurisdiction = \(jurisdiction) ORDER BY created_at, id
            """)
        var entries: [Entry] = []
        for row in rows { entries.append(try Entry(row: row)) }
        return entries
    }

    /// Lets a service's role log in with `password`.
    package func setPassword(_ password: String, of login: String) async throws {
        _ = try await pool.query("SELECT set_login_password(\(login), \(password))")
    }
}
