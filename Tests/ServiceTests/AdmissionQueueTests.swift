import Domain
import FoundationEssentials
import Logging
import PostgreSQL
import Runtime
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Intake

@Suite("What waits for its batch")
struct AdmissionBufferTests {
    private func entry(_ waiter: Int, description: String = "Sampah menumpuk") throws -> AdmissionBuffer<Int>.Entry {
        .init(report: try TestCity.report(description: description), waiter: waiter)
    }

    private func isTaken(_ entry: AdmissionBuffer<Int>.Entry, by buffer: inout AdmissionBuffer<Int>) -> Bool {
        (try? buffer.add(entry)) != nil
    }

    @Test("is bounded by number, and leaves in the order in which it came")
    func count() throws {
        var buffer = AdmissionBuffer<Int>(maximumCount: 3, maximumSize: .max)
        for waiter in 0..<3 { #expect(isTaken(try entry(waiter), by: &buffer)) }
        #expect(!isTaken(try entry(3), by: &buffer))
        #expect(buffer.take(2).map(\.waiter) == [0, 1])
        #expect(isTaken(try entry(4), by: &buffer))
        #expect(buffer.take(.max).map(\.waiter) == [2, 4])
        #expect(buffer.take(1).isEmpty && buffer.size == 0)
    }

    @Test("is bounded by bytes, and counts those that have left no more")
    func bytes() throws {
        let long = try entry(0, description: String(repeating: "x", count: 3_000))
        let short = try entry(1)
        var buffer = AdmissionBuffer<Int>(maximumCount: .max, maximumSize: long.report.size + short.report.size)
        #expect(isTaken(long, by: &buffer) && isTaken(short, by: &buffer))
        #expect(buffer.size == long.report.size + short.report.size)
        #expect(!isTaken(short, by: &buffer))
        _ = buffer.take(1)
        #expect(buffer.size == short.report.size)
        #expect(!isTaken(try entry(2, description: String(repeating: "x", count: 4_000)), by: &buffer))
        #expect(isTaken(long, by: &buffer))
    }
}

@Suite("Group commit", .serialized, .freshDatabase(.city))
struct AdmissionQueueTests {
    private enum Outcome: Hashable {
        case stored(UUID)
        case repeated(UUID)
        case failed(AdmissionFailure)
    }

    private struct Numbered: Sendable {
        var index: Int
        var outcome: Outcome
    }

    private static let logger = Logger(label: "queue") { _ in SwiftLogNoOpLogHandler() }

    private func queue(waiting: Int = 1_000, bytes: Int = 16 << 20) -> AdmissionQueue {
        AdmissionQueue(
            jurisdiction: TestCity.code, store: AdmissionStore(pool: Fixture.current.pool), maximumWaiting: waiting,
            maximumBytes: bytes, logger: Self.logger, reportLog: ReportLog(logger: Self.logger), stored: {})
    }

    private static func outcome(of report: NewReport, in queue: AdmissionQueue) async -> Outcome {
        do throws(AdmissionFailure) {
            switch try await queue.admit(report) {
            case .stored(let receipt): return .stored(receipt.id)
            case .repeated(let receipt): return .repeated(receipt.id)
            }
        } catch {
            return .failed(error)
        }
    }

    private static func serve(_ queue: AdmissionQueue) async -> Numbered? {
        await queue.run()
        return nil
    }

    /// Sends all at once, and begins to serve them when all of them wait.
    private func outcomes(
        of reports: [NewReport], in queue: AdmissionQueue, meanwhile: () async throws -> Void = {}
    ) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: Numbered?.self) { group in
            defer {
                // Whoever still waits is answered, so that a test that failed ends.
                group.addTask { await Self.serve(queue) }
                group.cancelAll()
            }
            for (index, report) in reports.enumerated() {
                group.addTask { Numbered(index: index, outcome: await Self.outcome(of: report, in: queue)) }
            }
            try await until("all of them wait") { queue.waiting == reports.count }
            try await meanwhile()
            group.addTask { await Self.serve(queue) }
            var outcomes: [Int: Outcome] = [:]
            while outcomes.count < reports.count, let next = try await group.next() {
                if let next { outcomes[next.index] = next.outcome }
            }
            return reports.indices.compactMap { outcomes[$0] }
        }
    }

    private func storedCount() async throws -> Int64 {
        try await Fixture.current.pool.query("SELECT count(*) FROM report").one().decode(Int64.self, at: 0)
    }

    @Test("beyond the number that may wait, callers are told at once")
    func count() async throws {
        let queue = queue(waiting: 3)
        let reports = try (0..<3).map { _ in try TestCity.report() }
        let extra = try TestCity.report()
        let outcomes = try await outcomes(of: reports, in: queue) {
            #expect(await Self.outcome(of: extra, in: queue) == .failed(.full))
        }
        #expect(outcomes == reports.map { .stored($0.id) })
        #expect(try await storedCount() == 3)
    }

    @Test("and beyond the memory that may wait")
    func bytes() async throws {
        let report = try TestCity.report()
        let queue = queue(bytes: report.size)
        let extra = try TestCity.report()
        let outcomes = try await outcomes(of: [report], in: queue) {
            #expect(await Self.outcome(of: extra, in: queue) == .failed(.full))
        }
        #expect(outcomes == [.stored(report.id)])
    }

    @Test("while nothing is taken in, the reason is told; afterwards it is as before")
    func refusal() async throws {
        let queue = queue()
        let report = try TestCity.report()
        for reason in [AdmissionFailure.full, .storeAway] {
            queue.refuse(reason)
            #expect(await Self.outcome(of: report, in: queue) == .failed(reason))
        }
        queue.refuse(nil)
        #expect(try await outcomes(of: [report], in: queue) == [.stored(report.id)])
    }

    @Test("a report that the store refuses fails alone in its batch", arguments: [0, 4, 8])
    func refusedReport(bad: Int) async throws {
        var reports = try (0..<9).map { _ in try TestCity.report() }
        // No text of PostgreSQL's holds a NUL.
        reports[bad].report.description = "Sampah\u{0}"
        let outcomes = try await outcomes(of: reports, in: queue())
        for (index, outcome) in outcomes.enumerated() {
            #expect(outcome == (index == bad ? .failed(.refused) : .stored(reports[index].id)), "\(index)")
        }
        #expect(outcomes.count == 9)
        #expect(try await storedCount() == 8)
    }

    @Test("of a batch with tracking codes that are taken, those reports are told to try another, the rest is stored")
    func takenCodes() async throws {
        let first = try TestCity.report()
        _ = try await AdmissionStore(pool: Fixture.current.pool).admit([first], in: TestCity.code)
        var reports = try (0..<6).map { _ in try TestCity.report() }
        for taken in [1, 4] { reports[taken].trackingCode = first.trackingCode }
        let outcomes = try await outcomes(of: reports, in: queue())
        for (index, outcome) in outcomes.enumerated() {
            let isTaken = [1, 4].contains(index)
            #expect(outcome == (isTaken ? .failed(.trackingCodeTaken) : .stored(reports[index].id)), "\(index)")
        }
        #expect(try await storedCount() == 5)
    }

    @Test("of many at once under one key, one is stored, and the others wait for it and get its receipt")
    func repeats() async throws {
        let reports = try (0..<40).map { _ in try TestCity.report(key: "k:1") }
        let outcomes = try await outcomes(of: reports, in: queue())
        let stored = outcomes.compactMap { outcome -> UUID? in
            if case .stored(let id) = outcome { id } else { nil }
        }
        try #require(stored.count == 1, "\(outcomes)")
        #expect(outcomes.count { $0 == .repeated(stored[0]) } == 39)
        #expect(try await storedCount() == 1)
    }
}
