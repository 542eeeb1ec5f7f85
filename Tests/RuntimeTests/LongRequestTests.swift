import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Runtime

@Suite("A request that takes its time", .timeLimit(.minutes(1)))
struct LongRequestTests {
    private static let settings = HTTPSettings(idleTimeout: .seconds(1))

    /// Reads a body, and stands still once before it.
    private func routes(_ router: Router<WebContext>, standing: Duration) {
        router.post("/long") { request, context in
            let connection = try await LongRequest(context, idle: .seconds(1))
            // pause: the sender is kept waiting this long
            try await Task.sleep(for: standing)
            var pieces = request.body.makeAsyncIterator()
            var size = 0
            while true {
                let silence = connection.silence()
                let piece = try await pieces.next()
                silence.broken()
                guard let piece else { break }
                size += piece.readableBytes
            }
            return Response(
                status: .ok, headers: [.connection: "close"], body: .init(byteBuffer: ByteBuffer(string: "\(size)")))
        }
    }

    @Test("is not taken for an idle one while we let the sender wait")
    func standing() async throws {
        let body = String(repeating: "x", count: 8 << 20)
        try await withServer(settings: Self.settings) {
            routes($0, standing: .seconds(3))
        } body: { base in
            let answer = try await ask("POST", base + "/long", body: body)
            #expect(answer.status == 200 && answer.body == "\(body.utf8.count)")
            #expect(answer["Connection"] == "close")
        }
    }

    @Test("ends when the sender is silent for too long")
    func silent() async throws {
        try await withServer(settings: Self.settings) {
            routes($0, standing: .zero)
        } body: { base in
            let begun = ContinuousClock.now
            let answer = try await exchange(
                raw: "POST /long HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345", with: base,
                stays: true)
            #expect(!answer.contains("200 OK"), "\(answer)")
            #expect(ContinuousClock.now - begun >= .milliseconds(900), "ended before it was silent for so long")
        }
    }

    @Test("closes its connection after its answer")
    func closing() async throws {
        try await withServer(settings: Self.settings) {
            routes($0, standing: .zero)
        } body: { base in
            let answer = try await exchange(
                raw: "POST /long HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n12345", with: base,
                stays: true)
            #expect(answer.contains("200 OK") && answer.hasSuffix("5"), "\(answer)")
        }
    }
}
