import Domain
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Media

/// The real `sasando-media`, with real photos and with hostile ones.
@Suite(.serialized) struct MediaWorkersTests {
    private func with(
        executable: String = Photographs.worker, count: Int = 1, most: Int = 16,
        _ body: (MediaWorkers) async throws -> Void
    ) async throws {
        let logger = Logger(label: "photos") { _ in SwiftLogNoOpLogHandler() }
        let workers = MediaWorkers(executable: executable, count: count, most: most, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await workers.run() }
            defer { group.cancelAll() }
            try await body(workers)
        }
    }

    private func fault(_ photo: [UInt8], _ workers: MediaWorkers) async -> MediaWorkers.Refusal? {
        do {
            _ = try await workers.shrink(photo)
            return nil
        } catch { return error }
    }

    /// The frame header's height and width (ITU-T T.81, section B.2.2).
    private func size(of jpeg: [UInt8]) -> [Int]? {
        var place = 2
        while place + 9 < jpeg.count, jpeg[place] == 0xFF {
            if (0xC0...0xC2).contains(jpeg[place + 1]) {
                return [
                    Int(jpeg[place + 7]) << 8 | Int(jpeg[place + 8]), Int(jpeg[place + 5]) << 8 | Int(jpeg[place + 6]),
                ]
            }
            place += 2 + (Int(jpeg[place + 2]) << 8 | Int(jpeg[place + 3]))
        }
        return nil
    }

    private func expectClean(_ jpeg: [UInt8], _ what: Comment) throws {
        for trace in Photographs.traces {
            #expect(Data(jpeg).range(of: Data(trace.utf8)) == nil, "\(trace) in \(what)")
        }
        #expect(try ImageFormat.read(jpeg) == .jpeg, what)
    }

    @Test func `each format becomes two small JPEGs`() async throws {
        try await with { workers in
            let photos = [
                ("png", Photographs.png(1_600, 1_200)), ("webp", Photographs.webp), ("heic", Photographs.heic),
            ]
            for (name, photo) in photos {
                let small = try await workers.shrink(photo)
                let web = try #require(size(of: small.web))
                #expect(web == [small.width, small.height])
                #expect(web == (name == "png" ? [1_280, 960] : [64, 48]), "\(name)")
                let thumb = try #require(size(of: small.thumb))
                #expect(thumb == (name == "png" ? [320, 240] : [64, 48]), "\(name)")
                try expectClean(small.web, "web of \(name)")
                try expectClean(small.thumb, "thumb of \(name)")
            }
        }
    }

    @Test func `nothing that a camera wrote is left, and the photo stands upright`() async throws {
        try await with { workers in
            // Red above, blue below; the camera lay on its side.
            let flat = try await workers.shrink(
                Photographs.png(400, 300) { _, y in y < 150 ? (250, 0, 0) : (0, 0, 250) })
            let photo = Photographs.withMetadata(flat.web)
            for trace in Photographs.traces { #expect(Data(photo).range(of: Data(trace.utf8)) != nil, "\(trace)") }
            let small = try await workers.shrink(photo)
            #expect(small.width == 300 && small.height == 400)
            try expectClean(small.web, "web")
            try expectClean(small.thumb, "thumb")
            // In a PNG too.
            let text = Photographs.chunk("tEXt", Array("Comment\u{0}SASANDO-COMMENT".utf8))
            let exif = Photographs.chunk("eXIf", Array("MM\u{0}*\u{0}\u{0}\u{0}\u{8}\u{0}\u{0}SASANDO-CAMERA".utf8))
            try expectClean(try await workers.shrink(Photographs.png(60, 40, chunks: text + exif)).web, "PNG")
        }
    }

    @Test func `the same photo gives the same bytes`() async throws {
        let photo = Photographs.png(500, 400)
        try await with(count: 2) { workers in
            async let one = workers.shrink(photo)
            async let other = workers.shrink(photo)
            let both = try await [one, other]
            #expect(both[0] == both[1])
        }
    }

    @Test func `a bomb of 50,000 by 50,000 pixels is refused by its header, and the process goes on`() async throws {
        try await with { workers in
            let bomb = Photographs.hugeBomb
            #expect(bomb.count < 3_000_000)
            let begun = ContinuousClock.now
            #expect(await fault(bomb, workers) == .photo(.tooManyPixels))
            #expect(begun.duration(to: .now) < .seconds(3))
            #expect(await fault(Photographs.bomb(8_001, 8_000), workers) == .photo(.tooManyPixels))
            let harmless = try await workers.shrink(Photographs.bomb(4_000, 3_000))
            #expect(harmless.width == 1_280)
        }
    }

    @Test func `what only looks like a photo is refused`() async throws {
        try await with { workers in
            let png = Photographs.png(64, 64)
            for count in [9, 30, 60, png.count / 2, png.count - 1] {
                #expect(await fault(Array(png.prefix(count)), workers) == .photo(.truncated), "\(count)")
            }
            #expect(await fault(Array("GIF89a".utf8) + png, workers) == .photo(.unknownFormat))
            let drawing = Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)
            #expect(await fault(drawing, workers) == .photo(.unknownFormat))
            #expect(await fault([], workers) == .photo(.unknownFormat))
            // Built well, and yet no picture.
            var broken = png
            for place in 60..<400 { broken[place] ^= 0x5A }
            #expect(await fault(broken, workers) == .photo(.damaged))
            var heic = Photographs.heic
            for place in heic.count - 20..<heic.count { heic[place] = 0xFF }
            for place in 250..<300 { heic[place] = 0xFF }
            let last = await fault(heic, workers)
            #expect(last == .photo(.damaged) || last == .photo(.truncated), "\(String(describing: last))")
            let fine = try await workers.shrink(png)
            #expect(fine.width == 64)
        }
    }

    @Test func `bytes at random break nothing`() async throws {
        var generator = SeededGenerator(seed: 7)
        try await with { workers in
            let good = try await workers.shrink(Photographs.png(320, 200)).web
            for _ in 0..<60 {
                var photo = Bool.random(using: &generator) ? good : Photographs.webp
                for _ in 0..<20 {
                    photo[Int.random(in: 12..<photo.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                if case .busy? = await fault(photo, workers) { Issue.record("busy") }
            }
            let after = try await workers.shrink(good)
            #expect(after.width == 320)
        }
    }

    @Test func `where too many wait, and where no process starts, the sender is told to come back`() async throws {
        try await with(executable: "/nonexistent") { workers in
            #expect(await fault(Photographs.webp, workers) == .busy)
        }
        let photo = Photographs.png(2_000, 1_500)
        try await with(most: 2) { workers in
            let busy = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { await fault(photo, workers) == .busy } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect((1...6).contains(busy), "\(busy)")
            let next = try await workers.shrink(Photographs.webp)
            #expect(next.width == 64)
        }
    }

    @Test func `a process that does not answer is ended, and its photo refused`() async throws {
        try await with(executable: "/bin/cat") { workers in
            // What it echoes is no answer of ours.
            #expect(await fault(Photographs.webp, workers) == .photo(.damaged))
        }
        try await with(executable: "/bin/false") { workers in
            // Whether it has ended before the photo is written, or after.
            let photo = Photographs.png(400, 300)
            for _ in 0..<30 { #expect(await fault(photo, workers) == .photo(.damaged)) }
        }
        let sleeper = FileManager.default.temporaryDirectory.appending(path: "sleeper-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: sleeper) }
        try Data("#!/bin/sh\nexec /bin/sleep 600\n".utf8).write(to: sleeper)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: sleeper.path)
        try await with(executable: sleeper.path) { workers in
            let begun = ContinuousClock.now
            #expect(await fault(Photographs.webp, workers) == .photo(.tooSlow))
            #expect(begun.duration(to: .now) < .seconds(20))
        }
    }

    @Test func `the process that decodes has no file, no environment, and little memory`() async throws {
        try await with { workers in
            _ = try await workers.shrink(Photographs.webp)
            let pids = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { pid in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")) == Photographs.worker
                    && (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?
                        .contains(") Z") == false
            }
            let own = try pids.filter { pid in
                let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
                return status.contains("PPid:\t\(ProcessInfo.processInfo.processIdentifier)\n")
            }
            let pid = try #require(own.first)
            let limits = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8)
            #expect(limits.contains(#/Max address space +1073741824 /#))
            #expect(limits.contains(#/Max file size +0 /#))
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            #expect(status.contains("NoNewPrivs:\t1"))
            #expect(try Data(contentsOf: URL(filePath: "/proc/\(pid)/environ")).isEmpty)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").map { number in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(number)")) ?? ""
            }
            let harmless = ["pipe:", "/dev/null", "anon_inode:"]
            #expect(open.allSatisfy { file in harmless.contains { file.hasPrefix($0) } }, "\(open)")
        }
    }
}
