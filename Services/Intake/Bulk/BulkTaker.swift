internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import PostgreSQL
internal import Runtime
internal import Storage

/// Takes records in as `POST /v1/reports` takes reports, and waits where that one would ask to come again.
struct BulkTaker: Sendable {
    let admission: ReportAdmission
    let photos: Photos
    let source: ReportSource
    let language: Language
    /// The trace that the upload was sent with, which then is every report's; nil: each has one of its own.
    let trace: TraceContext?
    let patience: BulkPatience
    let clock: @Sendable () -> Timestamp

    /// Lines of NDJSON, one for each record, in their order.
    ///
    /// - Parameter first: the number of the first record.
    func answers(
        to records: [BulkRecord], from first: Int, in city: ServedCity, columns: ReportColumns?
    ) async -> [UInt8] {
        var lines = records.map { _ in [UInt8]() }
        let left = await takeTogether(records, from: first, in: city, columns, &lines)
        guard !left.isEmpty else { return Array(lines.joined()) }
        await withTaskGroup(of: (Int, [UInt8]).self) { group in
            for index in left {
                let record = records[index]
                group.addTask {
                    (index, await answer(to: record, in: city, columns: columns).bytes(line: first + index))
                }
            }
            for await (index, line) in group { lines[index] = line }
        }
        return Array(lines.joined())
    }

    /// Takes in at once what is well and asks nothing more of the store; writes the lines of what is stored.
    ///
    /// - Returns: the places of all others, which are to be looked at one by one.
    private func takeTogether(
        _ records: [BulkRecord], from first: Int, in city: ServedCity, _ columns: ReportColumns?,
        _ lines: inout [[UInt8]]
    ) async -> [Int] {
        let now = clock()
        var left: [Int] = []
        var well: [(index: Int, report: AdmittedReport)] = []
        // Of two with one key the earlier is stored, also where they would come into different batches.
        var keys: Set<[UInt8]> = []
        for (index, record) in records.enumerated() {
            if case .success(let draft) = read(record, in: city, columns), draft.media.isEmpty,
                case .success(let report) = AdmissionRules.validate(
                    draft, city: city.city, places: city.places, basis: source.basis, now: now),
                keys.insert(report.externalID.map { Array($0.utf8) } ?? report.requestHash).inserted
            {
                well.append((index, report))
            } else {
                left.append(index)
            }
        }
        guard !well.isEmpty, patience.mayTry(at: .now),
            let results = try? await admission.attempt(
                well.map { ($0.report, trace ?? .begun) }, key: .record, from: source, city: city.loaded, now: now)
        else { return Array(records.indices) }
        for ((index, _), result) in zip(well, results) {
            switch result {
            case .success(let admitted): lines[index] = BulkAnswer.taken(admitted).bytes(line: first + index)
            case .failure: left.append(index)
            }
        }
        if left.count < records.count { patience.succeeded() }
        return left
    }

    private func answer(to record: BulkRecord, in city: ServedCity, columns: ReportColumns?) async -> BulkAnswer {
        let draft: ReportDraft
        switch read(record, in: city, columns) {
        case .success(let read): draft = read
        case .failure(let unreadable):
            AdmissionRefusals.count(.unreadable)
            return unreadable.answer
        }
        while true {
            guard patience.mayTry(at: .now) else { return .away }
            do {
                let answer = try await attempt(draft, in: city)
                patience.succeeded()
                return answer
            } catch let failure as AdmissionFailure where failure != .full && failure != .storeAway {
                AdmissionRefusals.count(failure.reason)
                return BulkAnswer(failure.problem)
            } catch {
                let isFull = (error as? AdmissionFailure) == .full
                let isAway =
                    (error as? AdmissionFailure) == .storeAway || (error as? PostgresError)?.isRetryable == true
                guard isFull || isAway else {
                    AdmissionRefusals.count(.refused)
                    return BulkAnswer(AdmissionFailure.refused.problem)
                }
                guard let pause = patience.failed(isFull ? .full : .away, at: .now),
                    (try? await Task.sleep(for: pause)) != nil
                else {
                    AdmissionRefusals.count(isFull ? .full : .storeAway)
                    return .away
                }
            }
        }
    }

    private struct Unreadable: Error {
        var answer: BulkAnswer
    }

    private func read(
        _ record: BulkRecord, in city: ServedCity, _ columns: ReportColumns?
    ) -> Result<ReportDraft, Unreadable> {
        switch record {
        case .line(let bytes):
            do throws(JSONReader.Unreadable) { return .success(try ReportDraft.read(bytes)) } catch {
                return .failure(.init(answer: .unreadable("This is not readable JSON (byte \(error.offset)).")))
            }
        case .row(let cells):
            guard let columns else { return .failure(.init(answer: .unreadable("There is no header row."))) }
            do throws(ReportColumns.Unreadable) { return .success(try columns.draft(of: cells, in: city.city)) } catch {
                switch error {
                case .cells(let count):
                    return .failure(
                        .init(answer: .unreadable("The row has \(count) cells, and the header \(columns.count).")))
                case .encoding: return .failure(.init(answer: .unreadable("The row is not UTF-8.")))
                }
            }
        case .malformed:
            return .failure(.init(answer: .unreadable("A quotation mark stands where none may stand (RFC 4180).")))
        case .tooLong:
            let bound = "A record may have \(BulkFormat.longestRecord) bytes."
            return .failure(.init(answer: .refused(.contentTooLarge, "too_long", bound)))
        }
    }

    /// - Throws: `AdmissionFailure`, or `PostgresError` where the store could not be asked.
    private func attempt(_ draft: ReportDraft, in city: ServedCity) async throws -> BulkAnswer {
        let now = clock()
        switch AdmissionRules.validate(draft, city: city.city, places: city.places, basis: source.basis, now: now) {
        case .failure(let faults): return try await earlier(draft, in: city) ?? refused(faults)
        case .success(let report):
            var uploads: Uploads?
            if !report.media.isEmpty {
                let brought = Uploads(report.media, by: .channel(source.channel), isPublic: true)
                if let faults = try await photos.faults(of: report.media, brought, in: city.city.code) {
                    return try await earlier(draft, in: city) ?? refused(faults)
                }
                uploads = brought
            }
            return .taken(
                try await admission.attempt(
                    report, bringing: uploads, key: .record, from: source, trace: trace ?? .begun,
                    city: city.loaded, now: now))
        }
    }

    /// What the same record stored before, though it would be refused today.
    private func earlier(_ draft: ReportDraft, in city: ServedCity) async throws -> BulkAnswer? {
        try await admission.earlier(draft, key: .record, from: source, city: city.loaded).map { .taken($0) }
    }

    private func refused(_ faults: Faults) -> BulkAnswer {
        AdmissionRefusals.count(.invalid)
        return BulkAnswer(.unprocessable(faults, in: language))
    }
}
