import Foundation
import Logging
import Testing

@testable import Telemetry

/// A pipe that a handler writes to, and its lines.
private final class Lines: Sendable {
    private let reading: CInt
    private let writing: CInt
    let output: LogOutput

    /// - Parameter capacity: What the pipe holds, in bytes.
    init(capacity: CInt = 65_536) {
        var ends: [CInt] = [0, 0]
        precondition(pipe(&ends) == 0, "pipe: \(errno)")
        (reading, writing) = (ends[0], ends[1])
        // F_SETPIPE_SZ of fcntl(2).
        precondition(fcntl(writing, 1031, capacity) >= capacity, "fcntl: \(errno)")
        // Nothing here waits for the pipe's end, since a process that another test starts may hold it open.
        precondition(fcntl(reading, F_SETFL, O_NONBLOCK) == 0, "fcntl: \(errno)")
        output = LogOutput(descriptor: writing)
    }

    deinit {
        close(reading)
        close(writing)
    }

    func logger(level: Logger.Level = .info, at microseconds: Int64 = 1_795_484_107_123_456) -> Logger {
        let output = output
        return Logger(label: "intake") { label in
            JSONLogHandler(label: label, level: level, output: output, now: { microseconds })
        }
    }

    /// Reads what one call gives.
    func some() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(reading, &buffer, buffer.count)
        return Array(buffer[..<max(0, count)])
    }

    /// Everything written so far.
    func all() -> [String] {
        var bytes: [UInt8] = []
        while case let part = some(), !part.isEmpty { bytes += part }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

private func object(_ line: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
}

@Suite struct JSONLogHandlerTests {
    @Test func `A record is one line with time, level, label, message and its metadata`() throws {
        let lines = Lines()
        lines.logger().info("Routed", metadata: [LogKey.agency: "dlhk", LogKey.count: .stringConvertible(3)])
        #expect(
            lines.all() == [
                #"{"time":"2026-11-24T01:35:07.123Z","level":"info","label":"intake","message":"Routed","#
                    + #""agency":"dlhk","count":3}"#
            ])
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"),
        (-1_000, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
        (4_102_444_799_999_999, "2099-12-31T23:59:59.999Z"),
    ])
    func `Times are RFC 3339 in UTC`(microseconds: Int64, text: String) throws {
        let lines = Lines()
        lines.logger(at: microseconds).info("x")
        #expect(try object(lines.all()[0])["time"] as? String == text)
    }

    @Test func `Every character comes back from the line as it went in`() throws {
        let lines = Lines()
        let text = "\"\\/\u{0}\u{1}\u{1f}\n\r\t é 😀 \u{2028}"
        lines.logger().info("\(text)", metadata: ["a": "\(text)"])
        let all = lines.all()
        #expect(all.count == 1)
        #expect(try object(all[0])["message"] as? String == text)
        #expect(try object(all[0])["a"] as? String == text)
    }

    @Test func `Metadata stand flat, and never displace a fixed member`() throws {
        let lines = Lines()
        lines.logger().info("x", metadata: ["time": "mine", "a": ["b": ["c": "d"]], "list": ["1", "2"]])
        let record = try object(lines.all()[0])
        #expect(record["metadata.time"] as? String == "mine")
        #expect(record["a.b.c"] as? String == "d")
        #expect(record["list"] as? [String] == ["1", "2"])
    }

    @Test func `A record that is too large is cut, says so, and is still JSON`() throws {
        let lines = Lines()
        var metadata: Logger.Metadata = [:]
        for index in 0..<50 { metadata["key\(index)"] = "\(String(repeating: "\u{1}", count: 400))" }
        lines.logger().info("\(String(repeating: "\u{2}é", count: 5_000))", metadata: metadata)
        let all = lines.all()
        #expect(all.count == 1)
        #expect(all[0].utf8.count < LogOutput.lineLimit)
        #expect(try object(all[0])["truncated"] as? Bool == true)
    }

    @Test func `Records below the level are not written`() throws {
        let lines = Lines()
        let logger = lines.logger(level: .notice)
        logger.info("no")
        logger.notice("yes")
        #expect(lines.all().count == 1)
    }

    @Test func `A reader that stands still costs records, not time`() throws {
        let lines = Lines()
        let logger = lines.logger()
        let start = ContinuousClock.now
        // The pipe holds 64 KiB; each record is about 1 KiB.
        let text = String(repeating: "x", count: 1_000)
        for _ in 0..<500 { logger.info("\(text)") }
        #expect(ContinuousClock.now - start < .seconds(20))
        let dropped = lines.output.droppedRecords
        #expect(dropped > 300 && dropped < 500)

        // Once it reads again, records are written again, none of them torn.
        #expect(!lines.some().isEmpty)
        logger.info("again")
        #expect(lines.output.droppedRecords == dropped)
        let last = try #require(lines.all().last)
        #expect(try object(last)["message"] as? String == "again")
    }

    @Test func `Lines from many threads are never mixed`() async throws {
        let lines = Lines(capacity: 1 << 20)
        let logger = lines.logger()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for index in 0..<100 { logger.info("\(worker)-\(index) \(String(repeating: "y", count: 500))") }
                }
            }
        }
        let all = lines.all()
        #expect(all.count == 800 && lines.output.droppedRecords == 0)
        for line in all { _ = try object(line) }
    }
}
