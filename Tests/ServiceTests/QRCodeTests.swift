import Domain
import Foundation
import QRCode
import TestSupport
import Testing

@testable import Pages

@Suite("QR codes")
struct QRCodeTests {
    @Test("are read by another's reader, as the page draws them")
    func read() throws {
        let address = "https://lapor.kupangkota.example/k/6vq3m9x1t7r2k8w4p5n0c6"
        let code = try #require(QRCode.modules(of: address))
        #expect((21...57).contains(code.width))
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-qr-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // The drawing of the page as a portable bitmap, eight dots a module.
        let values = PrivateLink(address: address, code: code).values(opens: true)
        let drawn = try #require(values["qr"] as? [String: String])
        let (scale, side) = (8, try #require(drawn["side"].flatMap { Int($0) }))
        var isDark = [Bool](repeating: false, count: side * side)
        for bar in try #require(drawn["path"]).matches(of: /M(\d+) (\d+)h(\d+)v1H(\d+)z/) {
            let numbers = [bar.output.1, bar.output.2, bar.output.3].compactMap { Int($0) }
            for column in numbers[0]..<numbers[0] + numbers[2] { isDark[numbers[1] * side + column] = true }
        }
        var picture = "P1\n\(side * scale) \(side * scale)\n"
        for row in 0..<side * scale {
            let dots = (0..<side * scale).map { isDark[row / scale * side + $0 / scale] ? "1" : "0" }
            picture += dots.joined(separator: " ") + "\n"
        }
        let file = folder.appending(path: "code.pbm").path
        try Data(picture.utf8).write(to: URL(filePath: file))
        let log = folder.appending(path: "read").path
        try ChildProcess.run(["zbarimg", "--quiet", "--raw", file], log: log)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains(address))
        #expect(QRCode.modules(of: String(repeating: "x", count: 5_000)) == nil)
    }
}
