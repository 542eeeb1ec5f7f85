import Domain
import Foundation
import Logging
import Telemetry
import Testing

@testable import Runtime

@Suite struct ReportLogTests {
    private let trace = TraceContext(text: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

    /// What was written before the log was told to stop.
    private func written(_ book: LogBook, count: Int, by body: (ReportLog) -> Void) async throws -> [String] {
        let log = ReportLog(logger: book.logger(.info))
        body(log)
        let run = Task { try await log.run() }
        let deadline = ContinuousClock.now + .seconds(20)
        while book.all.count < count, ContinuousClock.now < deadline { await Task.yield() }
        run.cancel()
        _ = await run.result
        return book.all
    }

    @Test func `a line carries the report and its trace, and comes after the step, not with it`() async throws {
        let book = LogBook()
        let report = UUID()
        let lines = try await written(book, count: 2) { log in
            log.note("Step", count: 2) {
                [ReportLog.Line(report, trace, [LogKey.agency: "dlhk"]), ReportLog.Line(report, nil)]
            }
            #expect(book.all.isEmpty, "nobody waits for the log")
        }
        try #require(lines.count == 2)
        #expect(lines[0].contains("0af7651916cd43dd8448eb211c80319c") && lines[0].contains("dlhk"))
        #expect(lines.allSatisfy { $0.contains(report.text) } && !lines[1].contains(LogKey.trace))
    }

    @Test func `beyond the bound lines are dropped and counted, and what came before is written`() async throws {
        let book = LogBook()
        let before = LogOutput.standardError.droppedRecords
        let lines = try await written(book, count: 2) { log in
            for _ in 0..<2 {
                log.note("Large", count: ReportLog.limit / 2) { [ReportLog.Line(report: "r", trace: nil)] }
            }
            log.note("More", count: 3) { [ReportLog.Line(report: "r", trace: nil)] }
        }
        #expect(lines.count == 2 && lines.allSatisfy { $0.contains("Large") })
        #expect(LogOutput.standardError.droppedRecords - before >= 3)
    }

    @Test func `a level that hides them costs no line`() async throws {
        let book = LogBook()
        let log = ReportLog(logger: book.logger(.warning))
        log.note("Step", count: 1) {
            Issue.record("the line was made")
            return []
        }
        let run = Task { try await log.run() }
        run.cancel()
        _ = await run.result
        #expect(book.all.isEmpty)
    }
}
