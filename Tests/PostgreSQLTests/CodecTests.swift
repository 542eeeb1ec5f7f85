import Domain
import Foundation
import TestSupport
import TestTraits
import Testing

@testable import PostgreSQL

/// Sends the value to the server, which has to see what the text says, and reads it back.
private func roundTrip<T: PostgresEncodable & PostgresDecodable & Equatable & Sendable>(
    _ value: T, seenAs text: String?, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let row = try await Fixture.current.pool.query("SELECT v, v::text FROM (SELECT \(value) AS v) AS given").one()
    let (back, seen) = try row.decode((T, String?).self)
    #expect(back == value, sourceLocation: sourceLocation)
    #expect(seen == text, sourceLocation: sourceLocation)
}

@Suite("Values travel in binary", .freshDatabase)
struct CodecTests {
    @Test("numbers and truth values")
    func numbers() async throws {
        try await roundTrip(true, seenAs: "true")
        try await roundTrip(false, seenAs: "false")
        try await roundTrip(Int16.min, seenAs: "-32768")
        try await roundTrip(Int32.max, seenAs: "2147483647")
        try await roundTrip(Int64.min, seenAs: "-9223372036854775808")
        try await roundTrip(-1, seenAs: "-1")
        try await roundTrip(0.1, seenAs: "0.1")
        try await roundTrip(-Double.infinity, seenAs: "-Infinity")
        try await roundTrip(Double.greatestFiniteMagnitude, seenAs: "1.7976931348623157e+308")
        try await roundTrip(Double.leastNonzeroMagnitude, seenAs: "5e-324")
    }

    @Test("not-a-number comes back as such")
    func notANumber() async throws {
        let row = try await Fixture.current.pool.query("SELECT \(Double.nan), \([Double.nan, 1])").one()
        let (scalar, list) = try row.decode((Double, [Double]).self)
        #expect(scalar.isNaN && list[0].isNaN && list[1] == 1)
    }

    @Test("text, with every plane of Unicode and nothing at all")
    func text() async throws {
        for value in ["", " ", "Oesapa", "jalan rusak 🕳️ e\u{301} \u{10FFFF} \u{FEFF}", "a\nb\tc\\d'e\"", "{NULL,\"\"}"]
        {
            try await roundTrip(value, seenAs: value)
        }
        try await roundTrip(String(repeating: "ä", count: 3_000_000), seenAs: String(repeating: "ä", count: 3_000_000))
    }

    @Test("ids, bytes, times and JSON")
    func others() async throws {
        let id = UUID()
        try await roundTrip(id, seenAs: id.uuidString.lowercased())
        try await roundTrip([0, 1, 255] as [UInt8], seenAs: "\\x0001ff")
        try await roundTrip([] as [UInt8], seenAs: "\\x")
        try await roundTrip(Timestamp(microseconds: 0), seenAs: "1970-01-01 00:00:00+00")
        try await roundTrip(Timestamp(microseconds: 1_795_482_307_123_456), seenAs: "2026-11-24 01:05:07.123456+00")
        try await roundTrip(Timestamp(microseconds: -1), seenAs: "1969-12-31 23:59:59.999999+00")
        try await roundTrip(JSONB("{\"a\": [1, \"ü\"]}"), seenAs: "{\"a\": [1, \"ü\"]}")
        try await roundTrip(AgencyCode("dlhk"), seenAs: "dlhk")
        try await roundTrip(ReportStatus.inProgress, seenAs: "in_progress")
    }

    @Test("NULL, typed")
    func null() async throws {
        try await roundTrip(nil as String?, seenAs: nil)
        try await roundTrip(nil as UUID?, seenAs: nil)
        try await roundTrip(nil as [Int]?, seenAs: nil)
        try await roundTrip(nil as AgencyCode?, seenAs: nil)
        try await roundTrip(5 as Int?, seenAs: "5")
    }

    @Test("arrays, with NULLs, empty strings and no elements")
    func arrays() async throws {
        try await roundTrip([1, -2, 3], seenAs: "{1,-2,3}")
        try await roundTrip([] as [Int], seenAs: "{}")
        try await roundTrip([1, nil, 3] as [Int32?], seenAs: "{1,NULL,3}")
        try await roundTrip([nil, nil] as [Int16?], seenAs: "{NULL,NULL}")
        try await roundTrip([] as [Int64?], seenAs: "{}")
        try await roundTrip(["", "NULL", "a,b", "\"", "ü"], seenAs: "{\"\",\"NULL\",\"a,b\",\"\\\"\",ü}")
        try await roundTrip([nil, "", "x"] as [String?], seenAs: "{NULL,\"\",x}")
        try await roundTrip([true, nil, false] as [Bool?], seenAs: "{t,NULL,f}")
        try await roundTrip([0.5, .infinity, nil] as [Double?], seenAs: "{0.5,Infinity,NULL}")
        try await roundTrip([[1, 2], []] as [[UInt8]], seenAs: "{\"\\\\x0102\",\"\\\\x\"}")
        try await roundTrip([[1], nil] as [[UInt8]?], seenAs: "{\"\\\\x01\",NULL}")
        let id = UUID()
        try await roundTrip([id, nil] as [UUID?], seenAs: "{\(id.uuidString.lowercased()),NULL}")
        try await roundTrip([AgencyCode("dlhk"), nil] as [AgencyCode?], seenAs: "{dlhk,NULL}")
        try await roundTrip([JSONB("1"), nil] as [JSONB?], seenAs: "{1,NULL}")
        try await roundTrip(
            [Timestamp(microseconds: 0), nil] as [Timestamp?], seenAs: "{\"1970-01-01 00:00:00+00\",NULL}")
    }

    @Test("a batch goes in through unnest, and comes out whole")
    func unnest() async throws {
        let pool = Fixture.current.pool
        try await pool.query(
            "CREATE TABLE batch (id uuid PRIMARY KEY, name text, size int, at timestamptz, data jsonb)")
        let count = 500
        let ids = (0..<count).map { _ in UUID() }
        let names = (0..<count).map { $0 % 3 == 0 ? nil : "name \($0)" }
        let sizes = (0..<count).map { Int32($0) }
        let times = (0..<count).map { Timestamp(seconds: Int64($0)) }
        let data = (0..<count).map { $0 % 2 == 0 ? JSONB("{\"n\": \($0)}") : nil }
        let rows = try await pool.query(
            """
            INSERT INTO batch SELECT * FROM unnest(\(ids), \(names), \(sizes), \(times), \(data))
            ON CONFLICT DO NOTHING RETURNING id
            """)
        #expect(rows.count == count && rows.affected == count)
        let back = try await pool.query("SELECT id, name, size, at, data FROM batch ORDER BY size")
            .decode((UUID, String?, Int32, Timestamp, JSONB?).self)
        #expect(back.map(\.0) == ids && back.map(\.1) == names && back.map(\.2) == sizes)
        #expect(back.map(\.3) == times && back.map(\.4) == data)
    }

    @Test("narrower integers are read as wider ones, and text of any kind as text")
    func widening() async throws {
        let row = try await Fixture.current.pool.query(
            """
            SELECT 1::int2, 2::int4, 3::int8, 4::float4, 'a'::varchar(5), 'b'::name, '{}'::json, '[1]'::jsonb, 'c'::text
            """
        ).one()
        let (a, b, c, d) = try row.decode((Int, Int, Int32, Double).self)
        #expect(a == 1 && b == 2 && c == 3 && d == 4)
        #expect(try (4...7).map { try row.decode(String.self, at: $0) } == ["a", "b", "{}", "[1]"])
        #expect(try row.decode([UInt8].self, at: 8) == [99])
    }

    @Test("a type made in the database reads as text")
    func enumerations() async throws {
        let pool = Fixture.current.pool
        try await pool.query("CREATE TYPE mood AS ENUM ('happy', 'sad')")
        #expect(try await pool.query("SELECT 'sad'::mood").one().decode(String.self, at: 0) == "sad")
    }

    @Test("what does not fit is an error that names the column")
    func misfits() async throws {
        let row = try await Fixture.current.pool.query(
            """
            SELECT NULL::int AS a, 'x' AS b, 70000 AS c, ARRAY[[1,2],[3,4]] AS d, 'infinity'::timestamptz AS e,
                ARRAY[1,NULL] AS f, 'grün' AS g, 1.5::numeric AS h
            """
        ).one()
        func fault<T: PostgresDecodable>(_: T.Type, _ name: String, _ message: String) {
            let error = #expect(throws: PostgresError.self) { try row.decode(T.self, name) }
            #expect(error?.kind == .decoding)
            #expect(
                error?.message.contains("(\(name))") == true && error?.message.contains(message) == true, "\(error!)")
        }
        fault(Int.self, "a", "NULL")
        fault(Int.self, "b", "an integer")
        fault(UUID.self, "b", "uuid")
        fault(Int16.self, "c", "does not fit")
        fault([Int].self, "d", "one-dimensional")
        fault(Timestamp.self, "e", "infinite")
        fault([Int32].self, "f", "NULL")
        fault(ReportStatus.self, "g", "grün")
        fault(Double.self, "h", "floating-point")
        fault(Int.self, "h", "integer")
        #expect(throws: PostgresError.self) { try row.decode(Int.self, at: 8) }
        #expect(throws: PostgresError.self) { try row.decode(Int.self, at: -1) }
        #expect(throws: PostgresError.self) { try row.decode(Int.self, "z") }
    }

    @Test("one row means one")
    func one() async throws {
        let pool = Fixture.current.pool
        await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1 WHERE false").one() }
        await #expect(throws: PostgresError.self) { try await pool.query("VALUES (1), (2)").one() }
    }
}

@Suite("Malformed bytes are errors")
struct MalformedTests {
    private func fault<T: PostgresDecodable>(
        _: T.Type, _ bytes: [UInt8], _ type: PostgresType, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: DecodingFault.self, sourceLocation: sourceLocation) {
            _ = try T.decode(bytes.span.bytes, type: type)
        }
    }

    @Test("scalars of the wrong length")
    func lengths() {
        for count in [0, 1, 3, 5, 7, 9, 17] {
            let bytes = [UInt8](repeating: 1, count: count)
            fault(Int.self, bytes, .int8)
            fault(Int32.self, bytes, .int4)
            fault(Double.self, bytes, .float8)
            fault(UUID.self, bytes, .uuid)
            fault(Timestamp.self, bytes, .timestamptz)
            if count != 1 { fault(Bool.self, bytes, .bool) }
        }
        fault(JSONB.self, [], .jsonb)
        fault(JSONB.self, [2, 0x7B, 0x7D], .jsonb)
        fault(String.self, [0xC3], .text)
        fault(String.self, [0xED, 0xA0, 0x80], .text)
    }

    @Test("every prefix of an array, and every count that it cannot hold")
    func arrays() throws {
        var whole: [UInt8] = []
        (["ab", nil, ""] as [String?]).encode(into: &whole)
        #expect(try [String?].decode(whole.span.bytes, type: .textArray) == ["ab", nil, ""])
        for count in 0..<whole.count { fault([String?].self, Array(whole[..<count]), .textArray) }
        for (place, value) in [(0, 0xFF), (3, 2), (3, 6), (12, 0x7F), (12, 0xFF), (20, 0x7F), (20, 0xFF)] {
            var bytes = whole
            bytes[place] = UInt8(value)
            fault([String?].self, bytes, .textArray)
        }
        fault([Int].self, whole, .textArray)
    }

    @Test("random bytes never crash a decoder")
    func noise() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            if bytes.count >= 4, Bool.random() { bytes.replaceSubrange(0..<4, with: [0, 0, 0, 1]) }
            _ = try? [String?].decode(bytes.span.bytes, type: .textArray)
            _ = try? [Int].decode(bytes.span.bytes, type: .int8Array)
            _ = try? [UUID?].decode(bytes.span.bytes, type: .uuidArray)
            _ = try? JSONB.decode(bytes.span.bytes, type: .jsonb)
            _ = try? String.decode(bytes.span.bytes, type: .text)
            _ = try? Timestamp.decode(bytes.span.bytes, type: .timestamptz)
        }
    }
}
