import Foundation
import Subprocess
import TestSupport

/// Photos of 12 megapixels, taken at intake's door and made into two sizes there, against vipsthumbnail making the same
/// two sizes of the same files; and what a photo of 50,000 by 50,000 pixels costs.
struct PhotoFigure {
    let setting: Setting

    private static let bombs = 5
    /// So many photos are under way at once, and so many processes of vipsthumbnail.
    private static let senders = 4
    private static let tools = 2

    private var photos: Int { setting.isQuick ? 4 : 12 }
    private var pairs: Int { setting.isQuick ? 1 : 3 }
    private var door: Door {
        Door("http://127.0.0.1:\(setting.stack.intake.port)").bearing(setting.stack.credentials.integrator.apiKey)
    }

    func measure() async throws -> [Row] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-photos-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var measured: [(value: Double, reference: Double)] = []
        for pair in 1...pairs {
            let files = try await makePhotos(in: folder, from: pair * photos)
            let value = try await setting.noteCores(of: "photos, pair \(pair)") { try await taken(files) }
            let reference = try await shrunk(files)
            setting.say("photos, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) photos/s")
            measured.append((value, reference))
        }
        await setting.notes.add(
            "photos: \(photos) of 4000 × 3000 pixels a run, each another picture; \(Self.senders) senders, stored and "
                + "synced, two processes decode. Reference: \(Self.tools) vipsthumbnail at once, 1280 pixels from the "
                + "photo and 320 from that.")
        return [
            Row("photos, 12 megapixels to two sizes", measured, "photos/s", target: .ratioAtLeast(0.8)),
            Row("memory, a photo of 50,000 × 50,000 pixels", try await bombed(), "MB more", target: .atMost(32)),
        ]
    }

    // MARK: Photos

    /// Clouds in three colours; JPEGs of about the size that phones make.
    private func makePhotos(in folder: URL, from seed: Int) async throws -> [URL] {
        var files: [URL] = []
        let vips = Tool("vips")
        for number in seed..<seed + photos {
            let place = folder.appending(path: "\(number)")
            var bands: [String] = []
            for (band, cell) in [37, 61, 113].enumerated() {
                let path = "\(place.path)-\(band).v"
                let seed = "\(number * 3 + band)"
                _ = try await vips.run(
                    ["perlin", path, "4000", "3000", "--cell-size", "\(cell)", "--seed", seed, "--uchar"])
                bands.append(path)
            }
            let file = place.appendingPathExtension("jpg")
            _ = try await vips.run(["bandjoin", bands.joined(separator: " "), file.path + "[Q=92]"])
            for band in bands { try FileManager.default.removeItem(atPath: band) }
            files.append(file)
        }
        return files
    }

    /// Photos a second, as intake takes them.
    private func taken(_ files: [URL]) async throws -> Double {
        let forms = try files.map { MultipartForm(files: [("file", Array(try Data(contentsOf: $0)))]) }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<Self.senders {
                group.addTask {
                    for form in forms.indices where form % Self.senders == sender {
                        let answer = try await door.send(
                            "POST", "/v1/media", type: forms[form].type, body: forms[form].bytes)
                        guard answer.status == 201 else { throw BenchFailure("\(answer)") }
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(files.count) / (ContinuousClock.now - start).inSeconds
    }

    /// Photos a second, as vipsthumbnail makes them: to the same sizes, at the same quality, without metadata.
    private func shrunk(_ files: [URL]) async throws -> Double {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.tools {
                let own = files.indices.filter { $0 % Self.tools == number }.map { files[$0].path }
                group.addTask {
                    let tool = Tool("vipsthumbnail")
                    let webs = own.map { String($0.dropLast(4)) + "-web.jpg" }
                    _ = try await tool.run(
                        own + ["--size", "1280x1280", "-o", "%s-web.jpg[Q=78,strip,optimize_coding]"])
                    _ = try await tool.run(
                        webs + ["--size", "320x320", "-o", "%s-thumb.jpg[Q=72,strip,optimize_coding]"])
                }
            }
            try await group.waitForAll()
        }
        return Double(files.count) / (ContinuousClock.now - start).inSeconds
    }

    // MARK: Bombs

    /// How much more memory intake and its processes have at most while bombs come, in MB.
    private func bombed() async throws -> Double {
        // A small one first, so that the processes are there.
        let small = MultipartForm(files: [("file", Photographs.bomb(64, 64))])
        let bomb = MultipartForm(files: [("file", Photographs.hugeBomb)])
        for _ in 0..<Self.bombs { _ = try await door.send("POST", "/v1/media", type: small.type, body: small.bytes) }
        // The bomb's own bytes pass through intake as those of any photo do.
        let harmless = MultipartForm(files: [("file", [UInt8](repeating: 0, count: bomb.bytes.count))])
        for _ in 0..<Self.bombs {
            _ = try await door.send("POST", "/v1/media", type: harmless.type, body: harmless.bytes)
        }
        let before = megabytes()
        return try await withThrowingTaskGroup(of: Double.self) { group in
            group.addTask {
                for _ in 0..<Self.bombs {
                    let answer = try await door.send("POST", "/v1/media", type: bomb.type, body: bomb.bytes)
                    guard answer.status == 422, answer.faults == ["/file image_too_large"] else {
                        throw BenchFailure("\(answer)")
                    }
                }
                return 0
            }
            group.addTask {
                var most = before
                while !Task.isCancelled {
                    // pause: between two looks at the memory
                    try? await Task.sleep(for: .milliseconds(5))
                    most = max(most, megabytes())
                }
                return max(0, most - before)
            }
            _ = try await group.next()
            group.cancelAll()
            return try await group.next() ?? .nan
        }
    }

    /// Of intake and the processes that it has started.
    private func megabytes() -> Double {
        let intake = setting.stack.intake
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let children = names.compactMap { Int32($0) }.filter { pid in
            (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8))?.contains("PPid:\t\(intake.pid)\n")
                ?? false
        }
        return intake.residentMegabytes
            + children.map { ServiceProcess.residentMegabytes(of: $0) }.filter(\.isFinite).reduce(0, +)
    }
}
