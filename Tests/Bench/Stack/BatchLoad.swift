import Domain
import FoundationEssentials
import PostgreSQL
import Storage

/// 500 reports that have passed every check, and the same rows ready for COPY.
final class ReportBatch {
    static let size = 500

    let reports: [NewReport]
    private var reportRows: CopyRows?
    private var inboxRows: CopyRows?

    init(reports: [NewReport]) {
        self.reports = reports
        var stored = CopyRows()
        var queued = CopyRows()
        for new in reports {
            let report = new.report
            stored.append(
                Stack.jurisdiction, new.id, new.channel, new.idempotencyKey, new.requestHash, new.trackingCode,
                new.reporterKeyHash, report.category, report.subtype, report.description, report.location?.lat,
                report.location?.lon, report.accuracyMetres, report.locationSource.rawValue, report.area?.code,
                report.area?.isApproximate ?? false, report.address, report.rt, report.rw, report.landmark,
                report.externalID, report.observedAt, report.visibility.rawValue)
            let part = InboxPart.part(lastByte: new.id.uuid.15, isUrgent: new.isUrgent)
            queued.append(Stack.jurisdiction, Int16(new.isUrgent ? 0 : 1), part, new.id)
        }
        reportRows = consume stored
        inboxRows = consume queued
    }

    /// The rows of `report`; they can be had once.
    func takeReportRows() throws -> CopyRows {
        guard let rows = reportRows.take() else { throw BenchFailure("the rows of a batch were copied before") }
        return rows
    }

    /// The rows of `inbox`; they can be had once.
    func takeInboxRows() throws -> CopyRows {
        guard let rows = inboxRows.take() else { throw BenchFailure("the rows of a batch were copied before") }
        return rows
    }
}

/// Makes reports as intake does: read, validated, named.
struct ReportMaker {
    private let city: City
    private let places: PlaceIndex
    private let now: Timestamp

    init(store: Store) async throws {
        city = try await store.city()
        let row = try await store.pool.query("SELECT (extract(epoch FROM now()) * 1000000)::bigint").one()
        now = Timestamp(microseconds: try row.decode(Int64.self, at: 0))
        places = PlaceIndex(city: city)
    }

    /// - Parameter keyedByRecord: with keys as long, and as scattered, as those that are made of what a report says.
    func batch(from first: Int, keyedByRecord: Bool = false) throws -> ReportBatch {
        ReportBatch(reports: try (first..<first + ReportBatch.size).map { try report($0, keyedByRecord) })
    }

    private func report(_ number: Int, _ keyedByRecord: Bool) throws -> NewReport {
        let draft = try ReportDraft.read(LoadReport.body(number: number, category: "sampah"))
        let report = try AdmissionRules.validate(draft, city: city, places: places, now: now).get()
        var generator = SystemRandomNumberGenerator()
        let id = UUID.version7(at: now, random: (generator.next(), generator.next()))
        let digest = Base64URL.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
        return NewReport(
            id: id, channel: "integrator", idempotencyKey: keyedByRecord ? RecordKey.first(digest) : "i:" + id.text,
            requestHash: report.requestHash,
            trackingCode: TrackingCode(prefix: city.trackingPrefix, random: generator.next()).text,
            reporterKeyHash: Int64(number), report: report, isUrgent: false, identity: nil,
            trace: TraceContext(random: (generator.next(), generator.next(), generator.next())))
    }
}

extension Store {
    /// Stores each batch by COPY into both tables, one transaction a batch.
    func copy(_ batches: [ReportBatch]) async throws {
        try await pool.withConnection { session in
            for batch in batches {
                try await session.run(script: "BEGIN", timeout: .seconds(10))
                try await session.copyIn(
                    """
                    COPY report (jurisdiction, id, channel, idempotency_key, request_hash, tracking_code,
                        reporter_key_hash, category, subtype, description, lat, lon, accuracy_m, location_source, area,
                        area_approximate, address, rt, rw, landmark, external_id, observed_at, visibility)
                    FROM STDIN (FORMAT binary)
                    """, batch.takeReportRows())
                try await session.copyIn(
                    "COPY inbox (jurisdiction, urgency, part, report_id) FROM STDIN (FORMAT binary)",
                    batch.takeInboxRows())
                try await session.run(script: "COMMIT", timeout: .seconds(10))
            }
        }
    }
}
