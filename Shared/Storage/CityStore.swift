package import Domain
package import PostgreSQL

/// A city as it was loaded, with its version and the shapes of its areas.
package struct LoadedCity: Sendable {
    package var version: Int64
    package var city: City
    /// True polygons by area; empty while only approximate cells are known.
    package var boundaries: [AreaCode: MultiPolygon]

    package init(version: Int64, city: City, boundaries: [AreaCode: MultiPolygon]) {
        self.version = version
        self.city = city
        self.boundaries = boundaries
    }
}

/// The loaded cities: their documents, areas, streams and the agencies' logins.
package struct CityStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Loads `city` in one transaction: the document, the areas, the inbox's parts, a stream and a login for each agency.
    ///
    /// Imported boundaries of areas that are still listed stay. Running services pick the new version up by themselves.
    /// A city that is loaded just so already keeps its version.
    /// - Returns: the version, and whether it is a new one.
    package func load(_ city: City) async throws -> (version: Int64, isNew: Bool) {
        let code = city.code
        let document = String(decoding: try city.document(), as: UTF8.self)
        return try await pool.withTransaction { tx in
            let rows = try await tx.query(
                """
                INSERT INTO jurisdiction AS j (code, version, document) VALUES (\(code), 1, \(document))
                ON CONFLICT (code) DO UPDATE
                SET version = j.version + 1, document = excluded.document, loaded_at = now()
                WHERE j.document <> excluded.document
                RETURNING version
                """)
            // Always: a store that was restored elsewhere has the city, and not the logins.
            for agency in city.agencies {
                try await Self.makeLogin(for: agency.code, of: code, in: tx)
            }
            guard let row = rows.first else {
                let rows = try await tx.query("SELECT version FROM jurisdiction WHERE code = \(code)")
                return (try rows.first!.decode(Int64.self, at: 0), false)
            }
            _ = try await tx.pipeline(Self.areaStatements(city))
            let version = try row.decode(Int64.self, at: 0)
            // Streams last, with the commit: no counter is held while we think.
            _ = try await tx.commit(after: Self.streamStatements(city))
            return (version, true)
        }
    }

    private static func areaStatements(_ city: City) -> [SQL] {
        let areas = city.areas
        return [
            """
            INSERT INTO area AS a (jurisdiction, code, name, district_code, district, centre)
            SELECT \(city.code), code, name, district_code, district, ST_SetSRID(ST_MakePoint(lng, lat), 4326)
            FROM unnest(\(areas.map(\.code)), \(areas.map(\.name)), \(areas.map(\.districtCode)),
                \(areas.map(\.district)), \(areas.map(\.lat)), \(areas.map(\.lng)))
                AS t (code, name, district_code, district, lat, lng)
            ON CONFLICT (jurisdiction, code) DO UPDATE
            SET name = excluded.name, district_code = excluded.district_code, district = excluded.district,
                centre = excluded.centre
            """,
            "DELETE FROM area WHERE jurisdiction = \(city.code) AND code <> ALL(\(areas.map(\.code)))",
            // Each approximate cell is what lies nearest to its centre, within 5 km of any centre's hull.
            """
            UPDATE area a SET cell = ST_Multi(ST_Intersection(v.cell, hull.shape))
            FROM (SELECT (ST_Dump(ST_VoronoiPolygons(ST_Collect(centre), 0, ST_Expand(ST_Collect(centre), 0.1)))).geom
                    AS cell FROM area WHERE jurisdiction = \(city.code)) v,
                (SELECT ST_Buffer(ST_ConvexHull(ST_Collect(centre))::geography, 1500)::geometry AS shape
                    FROM area WHERE jurisdiction = \(city.code)) hull
            WHERE a.jurisdiction = \(city.code) AND a.approximate AND ST_Intersects(a.centre, v.cell)
            """,
        ]
    }

    private static func streamStatements(_ city: City) -> [SQL] {
        let codes = city.agencies.map(\.code)
        let kinds = city.agencies.map(\.kind.rawValue)
        return [
            """
            INSERT INTO stream (jurisdiction, code, kind)
            SELECT \(city.code), code, kind FROM unnest(\(codes), \(kinds)) AS t (code, kind) ORDER BY code
            ON CONFLICT (jurisdiction, code) DO NOTHING
            """,
            """
            UPDATE stream s SET kind = t.kind FROM unnest(\(codes), \(kinds)) AS t (code, kind)
            WHERE s.jurisdiction = \(city.code) AND s.code = t.code AND s.kind <> t.kind
            """,
            """
            INSERT INTO stream_epoch (jurisdiction, stream, epoch, first_seq, reason)
            SELECT jurisdiction, code, 1, 1, 'made' FROM stream WHERE jurisdiction = \(city.code) AND kind <> 'channel'
            ON CONFLICT DO NOTHING
            """,
            """
            INSERT INTO analytics_cursor (jurisdiction, stream, epoch, seq)
            SELECT jurisdiction, code, 1, 0 FROM stream WHERE jurisdiction = \(city.code) AND kind <> 'channel'
            ON CONFLICT DO NOTHING
            """,
            """
            INSERT INTO push_cursor (jurisdiction, stream, seq)
            SELECT jurisdiction, code, 0 FROM stream WHERE jurisdiction = \(city.code) AND kind <> 'channel'
            ON CONFLICT DO NOTHING
            """,
            """
            INSERT INTO inbox_part (jurisdiction, part)
            SELECT \(city.code), p FROM generate_series(0, \(literal: InboxPart.count - 1)) p ON CONFLICT DO NOTHING
            """,
        ]
    }

    private static func makeLogin(
        for agency: AgencyCode, of jurisdiction: JurisdictionCode, in tx: borrowing Transaction
    ) async throws {
        let login = "sasando_\(jurisdiction.rawValue)_\(agency.rawValue)"
        _ = try await tx.query("SELECT make_notifier_login(\(login), \(jurisdiction), \(agency))")
    }

    /// The version of every loaded city: cheap, asked often.
    package func versions() async throws -> [JurisdictionCode: Int64] {
        var versions: [JurisdictionCode: Int64] = [:]
        for row in try await pool.query("SELECT code, version FROM jurisdiction") {
            versions[JurisdictionCode(rawValue: try row.decode(String.self, at: 0))] =
                try row.decode(Int64.self, at: 1)
        }
        return versions
    }

    /// One city; nil where it is not loaded.
    ///
    /// - Parameter withBoundaries: with the imported boundaries of its areas, for who looks places up. It makes the
    ///   server load PostGIS into its process, a good part of what a service's start costs it.
    package func city(_ code: JurisdictionCode, withBoundaries: Bool = false) async throws -> LoadedCity? {
        var statements: [SQL] = ["SELECT version, document FROM jurisdiction WHERE code = \(code)"]
        if withBoundaries {
            statements.append(
                """
                SELECT code, ST_AsGeoJSON(cell, 6) FROM area
                WHERE jurisdiction = \(code) AND NOT approximate AND cell IS NOT NULL
                """)
        }
        let results = try await pool.pipeline(statements)
        guard let row = results[0].first else { return nil }
        var boundaries: [AreaCode: MultiPolygon] = [:]
        for row in results.dropFirst().joined() {
            let geometry = try JSONReader.read(Array(try row.decode(String.self, at: 1).utf8)).value
            boundaries[AreaCode(rawValue: try row.decode(String.self, at: 0))] = try MultiPolygon(geoJSON: geometry)
        }
        return LoadedCity(
            version: try row.decode(Int64.self, at: 0),
            city: try City(document: Array(try row.decode(String.self, at: 1).utf8)), boundaries: boundaries)
    }

    /// The areas as GeoJSON geometries, for maps: true polygons or approximate cells.
    package func cells(of code: JurisdictionCode) async throws -> [AreaCell] {
        var cells: [AreaCell] = []
        let rows = try await pool.query(
            """
            SELECT code, approximate, ST_AsGeoJSON(ST_SimplifyPreserveTopology(cell, 0.0001), 5) FROM area
            WHERE jurisdiction = \(code) AND cell IS NOT NULL ORDER BY code
            """)
        for row in rows {
            cells.append(
                AreaCell(
                    code: AreaCode(rawValue: try row.decode(String.self, at: 0)),
                    isApproximate: try row.decode(Bool.self, at: 1), geometry: try row.decode(String.self, at: 2)))
        }
        return cells
    }

    /// Replaces approximate cells by true polygons, all in one transaction.
    ///
    /// - Parameter geometries: GeoJSON geometries (Polygon or MultiPolygon) by area.
    /// - Returns: the areas whose geometry PostGIS finds invalid, with its reason; nothing is stored if there is one.
    package func importBoundaries(
        _ geometries: [(area: AreaCode, geometry: String)], of code: JurisdictionCode
    ) async throws -> [(area: AreaCode, reason: String)] {
        let areas = geometries.map(\.area)
        let shapes = geometries.map(\.geometry)
        let rows = try await pool.query(
            """
            SELECT area, ST_IsValidReason(ST_GeomFromGeoJSON(shape)) FROM unnest(\(areas), \(shapes)) AS t (area, shape)
            WHERE NOT ST_IsValid(ST_GeomFromGeoJSON(shape))
            """)
        var invalid: [(area: AreaCode, reason: String)] = []
        for row in rows {
            invalid.append(
                (AreaCode(rawValue: try row.decode(String.self, at: 0)), try row.decode(String.self, at: 1)))
        }
        guard invalid.isEmpty else { return invalid }
        _ = try await pool.transaction([
            """
            UPDATE area a SET cell = ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON(t.shape), 4326)), approximate = false
            FROM unnest(\(areas), \(shapes)) AS t (area, shape)
            WHERE a.jurisdiction = \(code) AND a.code = t.area
            """,
            "UPDATE jurisdiction SET version = version + 1, loaded_at = now() WHERE code = \(code)",
        ])
        return []
    }
}

/// An area's shape as a GeoJSON geometry.
package struct AreaCell: Sendable {
    package var code: AreaCode
    package var isApproximate: Bool
    package var geometry: String
}
