import Domain
import FoundationEssentials
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T08:00:00+08:00", 0),
        ("1969-12-31T23:59:59.5Z", -500_000),
        ("2026-11-24T09:05:07.123456+08:00", 1_795_482_307_123_456),
        ("2026-11-24t09:05:07.1234569z", 1_795_511_107_123_456),
        ("2026-11-24 01:05:07.123456Z", 1_795_482_307_123_456),
        ("2026-11-24T01:05:07.000-00:00", 1_795_482_307_000_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ("2000-02-29T12:00:00-05:30", 951_845_400_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2017-01-01T07:59:60.9+08:00", 1_483_228_800_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ])
    func `an RFC 3339 time is read to the microsecond`(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026-11-24", "2026-11-24T09:05:07", "2026-11-24T09:05Z", "2026-11-24T24:00:00Z", "2026-11-24T09:60:00Z",
        "2026-11-24T09:05:61Z", "2026-11-24T09:05:60Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-04-00T00:00:00Z",
        "2026-11-24T09:05:07.Z", "2026-11-24T09:05:07,5Z", "2026-11-24T09:05:07+0800", "2026-11-24T09:05:07+24:00",
        "2026-11-24T09:05:07+08:60", "2026-11-24T09:05:07ZZ", " 2026-11-24T09:05:07Z", "26-11-24T09:05:07Z",
        "2026-11-24T09:05:07Z\n", "２０２６-11-24T09:05:07Z", "1795482307",
    ])
    func `what is no RFC 3339 time is refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        arguments: [
            (1_795_482_307_123_999, 28_800, "2026-11-24T09:05:07.123+08:00"),
            (0, 0, "1970-01-01T00:00:00.000+00:00"),
            (-1, 0, "1969-12-31T23:59:59.999+00:00"),
            (-1, -12_600, "1969-12-31T20:29:59.999-03:30"),
            (1_709_251_199_999_999, 0, "2024-02-29T23:59:59.999+00:00"),
            (1_709_251_200_000_000, 0, "2024-03-01T00:00:00.000+00:00"),
        ] as [(Int64, Int, String)])
    func `a time is written in the zone's offset`(microseconds: Int64, offset: Int, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339(offsetSeconds: offset) == text)
    }

    @Test func `every day from 1600 to 2400 is written and read back`() {
        for day in stride(from: -135_140, to: 157_000, by: 1) {
            let time = Timestamp(seconds: Int64(day) * 86_400 + 43_200)
            let text = time.rfc3339(offsetSeconds: 0)
            if Timestamp(rfc3339: text) != time { Issue.record("day \(day): \(text)") }
        }
    }
}

@Suite struct IdentifierTests {
    @Test func `a version 7 UUID begins with the milliseconds and says so`() {
        let time = Timestamp(microseconds: 0x17F2_2E27_9B0 * 1_000 + 999)
        let id = UUID.version7(at: time, random: (0xFFFF_FFFF_FFFF_FCC3, 0xD8C4_DC0C_0C07_398F))
        // The example of RFC 9562, appendix A.6.
        #expect(id.text == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(UUID(text: id.text) == id)
        #expect(UUID(text: id.text.uppercased()) == id)
    }

    @Test func `later ids sort after earlier ones`() {
        let ids = (0..<50).map { UUID.version7(at: Timestamp(seconds: $0), random: (.random(in: 0...9), 7)).text }
        #expect(ids == ids.sorted())
    }

    @Test(arguments: [
        "", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
        "017f22e279b07cc398c4dc0c0c07398f", "017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
        "g17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398}",
    ])
    func `what is no UUID is refused`(text: String) { #expect(UUID(text: text) == nil) }

    @Test(arguments: [("1-0", 1, 0), ("1-42", 1, 42), ("12-9223372036854775807", 12, .max)] as [(String, Int, Int64)])
    func `a cursor is read and written`(text: String, epoch: Int, seq: Int64) throws {
        let cursor = try #require(Cursor(text: text))
        #expect(cursor == Cursor(epoch: epoch, seq: seq))
        #expect(cursor.text == text)
    }

    @Test(arguments: [
        "", "-", "1", "1-", "-1", "0-1", "1--1", "1-+1", "+1-1", "01-1", "1-01", "1-1-1", " 1-1", "1-1 ", "a-1",
        "1-9223372036854775808", "99999999999-1", "1-１",
    ])
    func `what is no cursor is refused`(text: String) { #expect(Cursor(text: text) == nil) }

    @Test func `cursors sort by epoch, then by number`() {
        #expect(Cursor(epoch: 1, seq: 9) < Cursor(epoch: 1, seq: 10))
        #expect(Cursor(epoch: 1, seq: 10) < Cursor(epoch: 2, seq: 1))
    }

    @Test func `codes are a to z, digits and underscores`() {
        #expect(AgencyCode("dlhk").isWellFormed)
        for bad in ["", "1a", "_a", "A", "a-b", "a b", "é", String(repeating: "a", count: 41)] {
            #expect(!AgencyCode(bad).isWellFormed, "\(bad)")
        }
        #expect(AreaCode("53.71.04.1008").isWellFormed)
        for bad in ["", ".", "53.", "53..1", "a", "53 71"] { #expect(!AreaCode(bad).isWellFormed, "\(bad)") }
    }

    @Test func `a reporter's key follows from the id and the secret alone`() throws {
        let id = try #require(UUID(text: "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
        let secret = [UInt8](repeating: 7, count: 32)
        let key = ReporterKey(report: id, secret: secret)
        #expect(key.text.count == 22)
        #expect(ReporterKey(text: key.text) == key)
        #expect(ReporterKey(report: id, secret: secret).matches(key))
        #expect(ReporterKey(report: id, secret: secret).lookupHash == key.lookupHash)
        #expect(!ReporterKey(report: id, secret: secret.map { $0 + 1 }).matches(key))
        let other = ReporterKey(report: UUID(high: 1, low: 2), secret: secret)
        #expect(!other.matches(key) && other.lookupHash != key.lookupHash)
        for bad in ["", String(key.text.dropLast()), key.text + "A", "!" + key.text.dropFirst()] {
            #expect(ReporterKey(text: bad) == nil, "\(bad)")
        }
    }
}

@Suite struct TrackingCodeTests {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    private static let code = TrackingCode(prefix: "KPG", random: 0x3_1234_5678_9ABC)

    @Test func `a code has its city's prefix and eleven characters, and is read back`() throws {
        for _ in 0..<1_000 {
            let code = TrackingCode(prefix: "KPG", random: .random(in: 0 ... .max))
            #expect(code.text.hasPrefix("KPG-") && code.text.count == 15)
            #expect(TrackingCode(parsing: code.text) == code)
        }
    }

    @Test func `what people type is understood`() throws {
        let code = TrackingCode(prefix: "KPG", random: 0b00001_00000_00001)
        #expect(code.text.hasPrefix("KPG-1010000000"))
        let check = code.text.last!
        for typed in [
            "kpg-1010000000\(check)", "KPG1010000000\(check)", " kpg 101 0000 000\(check) ",
            "kpg-ioi0000ooo\(check)", "KPG–IOLOOOOOOO\(check)",
        ] {
            #expect(TrackingCode(parsing: typed) == code, "\(typed)")
        }
        #expect(TrackingCode(parsing: "1010000000\(check)", defaultPrefix: "KPG") == code)
        #expect(TrackingCode(parsing: "1010000000\(check)") == nil)
        for bad in ["", "KPG", "KPG-", "KPG-101000000", code.text + "0", "KPG-10100000U0\(check)", "KPG-💥"] {
            #expect(TrackingCode(parsing: bad) == nil, "\(bad)")
        }
    }

    @Test func `every single wrong character is found`() {
        for _ in 0..<50 {
            let text = Array(TrackingCode(prefix: "KPG", random: .random(in: 0 ... .max)).text)
            for position in 4..<15 {
                for letter in Self.alphabet where letter != text[position] {
                    var wrong = text
                    wrong[position] = letter
                    #expect(TrackingCode(parsing: String(wrong)) == nil)
                }
            }
        }
    }

    @Test func `every exchange of neighbours is found but that of 0 and Z`() {
        var seen = 0
        for _ in 0..<2_000 {
            let text = Array(TrackingCode(prefix: "KPG", random: .random(in: 0 ... .max)).text)
            for position in 4..<14 where text[position] != text[position + 1] {
                var wrong = text
                wrong.swapAt(position, position + 1)
                let isKnownGap = Set([text[position], text[position + 1]]) == ["0", "Z"]
                #expect((TrackingCode(parsing: String(wrong)) != nil) == isKnownGap, "\(String(text))")
                seen += 1
            }
        }
        #expect(seen > 10_000)
    }
}

@Suite struct DurationHistogramTests {
    @Test func `buckets follow each other without gap or overlap up to 400 days`() {
        var next = 0
        for bucket in 0..<DurationHistogram.bucketCount {
            let range = DurationHistogram.range(ofBucket: bucket)
            #expect(range.lowerBound == next)
            #expect(DurationHistogram.bucket(seconds: range.lowerBound) == bucket)
            #expect(DurationHistogram.bucket(seconds: range.upperBound) == bucket || range.upperBound > 34_560_000)
            #expect(Double(range.count) <= max(1, Double(range.lowerBound) / 16))
            next = range.upperBound + 1
        }
        #expect(next > DurationHistogram.maximumSeconds)
        #expect(DurationHistogram.bucket(seconds: -5) == 0)
        #expect(DurationHistogram.bucket(seconds: .max) == DurationHistogram.bucketCount - 1)
    }

    @Test func `percentiles are within the resolution of the true ones`() throws {
        var (histogram, all): (DurationHistogram, [Int]) = (DurationHistogram(), [])
        for index in 1...5_000 {
            let seconds = index * index % 700_001
            histogram.add(seconds: seconds)
            all.append(seconds)
        }
        all.sort()
        for percent in [1, 10, 50, 90, 99, 100] {
            let exact = Double(all[(all.count * percent + 99) / 100 - 1])
            let found = Double(try #require(histogram.percentile(percent)))
            #expect(abs(found - exact) <= exact * 0.032 + 1, "p\(percent): \(found) for \(exact)")
        }
    }

    @Test func `histograms add up in any order`() {
        var (a, b) = (DurationHistogram(), DurationHistogram())
        a.add(seconds: 10, times: 3)
        b.add(seconds: 86_400)
        var (ab, ba) = (a, b)
        ab.add(b)
        ba.add(a)
        #expect(ab == ba && ab.count == 4)
        #expect(ab.percentile(50) == 10)
        #expect(DurationHistogram(counts: ab.counts) == ab)
        #expect(DurationHistogram().percentile(50) == nil)
    }
}
