import Foundation
import Testing

@testable import Runtime

@Suite("An answer that waits")
struct AnswerSpoolTests {
    private func whole(_ spool: AnswerSpool, atMost limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < spool.count { bytes += try await spool.read(from: bytes.count, atMost: limit) }
        return bytes
    }

    @Test("comes back as it was written, whether or not it outgrew the memory", arguments: [0, 10, 1_000, 300_000])
    func bytes(count: Int) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "spool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let spool = AnswerSpool(in: folder.path, memory: 100)
        var written: [UInt8] = []
        while written.count < count {
            let line = (0..<min(97, count - written.count)).map { UInt8(truncatingIfNeeded: $0 + written.count) }
            try await spool.write(line)
            written += line
        }
        #expect(spool.count == count && spool.hasFile == (count > 100))
        #expect(try await whole(spool, atMost: 64) == written)
        #expect(try await whole(spool, atMost: 1 << 20) == written)
        #expect(try await spool.read(from: count, atMost: 10).isEmpty)
        // It has no name.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("fails where no file can be made")
    func noFolder() async {
        let spool = AnswerSpool(in: "/there/is/no/such/folder", memory: 4)
        await #expect(throws: AnswerSpool.Failure.self) { try await spool.write([1, 2, 3, 4, 5]) }
    }
}
