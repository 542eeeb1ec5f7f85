import Domain
import Foundation
import PostgreSQL
import Runtime
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Notifier

/// Photos at an agency's desk, by a form that needs no script.
@Suite("Photos at the desk", .serialized, .freshDatabase(NotifierCity.template))
struct NotifierPhotoTests {
    private let html = [("Accept", "text/html")]

    private func post(
        _ notifier: NotifierStand, _ path: String, _ fields: [String: String], photos: [[UInt8]]
    ) async throws -> NotifierStand.Answer {
        let form = MultipartForm(fields, files: photos.map { ("media", $0) })
        return try await notifier.ask("POST", path, headers: html, body: form.bytes, type: form.type)
    }

    @Test("an officer's photo comes with the resolution, is public, and a second thumb does nothing twice")
    func resolve() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let path = "/desk/dlhk/laporan/\(id.text)"
            _ = try await notifier.command("start", id)
            let fields = ["version": "2", "idempotency_key": "k1", "note": "Sudah diangkut"]
            let photo = Photographs.withMetadata(Photographs.jpeg)
            for _ in 1...2 {
                let answer = try await post(notifier, path + "/resolve", fields, photos: [photo, Photographs.webp])
                #expect(answer.status == 303, "\(answer.body)")
            }
            // Without any, as a browser sends it: an empty file.
            #expect(
                try await post(notifier, path + "/comment", ["note": "lagi"], photos: [[]]).status == 303)
            let report = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)").json
            #expect(report["version"] == .int(4))
            #expect(report["media"]?.elements.count == 0)
            let media = report["history"]?.elements.compactMap { $0["media"]?.elements.compactMap { $0["url"]?.text } }
            #expect(media == [["/media/\(id.text)/1/web", "/media/\(id.text)/2/web"]])
            let page = try await notifier.ask("GET", path, headers: html)
            #expect(page.body.contains("src=\"/media/\(id.text)/1/thumb\""))
            let rows = try await Fixture.current.pool.query(
                "SELECT is_public, agency FROM report_media ORDER BY n")
            #expect(try rows.map { try $0.decode(Bool.self, at: 0) } == [true, true])
            let body = try await Fixture.current.pool.query(
                "SELECT body FROM stream_event WHERE type = 'resolved'"
            ).one().decode(String.self, at: 0)
            #expect(body.contains("/media/\(id.text)/2/web"))
        }
    }

    @Test("a photo beside an internal note is internal")
    func internalPhoto() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let path = "/desk/dlhk/laporan/\(id.text)/comment"
            #expect(
                try await post(notifier, path, ["internal_note": "pelat truk"], photos: [Photographs.webp]).status
                    == 303)
            #expect(try await post(notifier, path, [:], photos: [Photographs.heic]).status == 303)
            let rows = try await Fixture.current.pool.query("SELECT is_public FROM report_media ORDER BY n")
            #expect(try rows.map { try $0.decode(Bool.self, at: 0) } == [false, true])
        }
    }

    @Test("what is no photo is told on the page, with what was typed, and nothing is done")
    func faulty() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let path = "/desk/dlhk/laporan/\(id.text)"
            let many = [[UInt8]](repeating: Photographs.webp, count: 4)
            for photos in [[Array("GIF89a".utf8)], [Photographs.hugeBomb], many] {
                let answer = try await post(notifier, path + "/comment", ["note": "lihat <b>ini"], photos: photos)
                #expect(answer.status == 422)
                #expect(answer.body.contains("lihat &lt;b&gt;ini") && answer.body.contains("role=\"alert\""))
            }
            let large = try await post(
                notifier, path + "/comment", ["note": "lihat"],
                photos: [[UInt8](repeating: 0, count: Photos.mostBytes + 1)])
            #expect(large.status == 422 && large.body.contains("15 MB"))
            let report = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)").json
            #expect(report["version"] == .int(1))
        }
    }
}
