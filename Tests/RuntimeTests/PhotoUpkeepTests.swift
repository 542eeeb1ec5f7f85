internal import Domain
internal import Foundation
internal import Logging
internal import Media
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

@testable internal import Runtime

/// What becomes of photos that are nobody's.
@Suite(.serialized, .freshDatabase(.city))
struct PhotoUpkeepTests {
    let fixture = Fixture.current
    private let root = FileManager.default.temporaryDirectory.appending(path: "upkeep-\(UUID().uuidString)")
    private var folder: PhotoFolder { PhotoFolder(root.path) }
    private var store: MediaStore { MediaStore(pool: fixture.pool) }

    init() throws { try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }

    private func upkeep(with pool: PostgresPool) -> PhotoUpkeep {
        PhotoUpkeep(
            folder: folder, store: MediaStore(pool: pool),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            cities: { [TestCity.code] })
    }

    /// An upload with its files, as `Photos` keeps it.
    private func upload(_ name: String, by uploader: Uploader) async throws -> (
        id: UUID, web: PhotoHash, thumb: PhotoHash
    ) {
        let web = try await folder.keep(Array("web of \(name)".utf8), of: TestCity.code)
        let thumb = try await folder.keep(Array("thumb of \(name)".utf8), of: TestCity.code)
        let photo = StoredPhoto(web: web.bytes, thumb: thumb.bytes, width: 4, height: 3)
        return (try await store.add(photo, by: uploader, in: TestCity.code), web, thumb)
    }

    private func isKept(_ hashes: PhotoHash...) async throws -> [Bool] {
        var kept: [Bool] = []
        for hash in hashes { kept.append(try await folder.bytes(of: hash, of: TestCity.code) != nil) }
        return kept
    }

    @Test func `files go with the report that is erased, and those of others stay`() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let (own, other) = (try await upload("one", by: .channel("uji")), try await upload("two", by: .channel("uji")))
        var reports = try [TestCity.report(), TestCity.report()]
        for (index, id) in [own.id, other.id].enumerated() {
            reports[index].uploads = Uploads([id], by: .channel("uji"), isPublic: true)
        }
        _ = try await AdmissionStore(pool: fixture.pool).admit(reports, in: TestCity.code)
        _ = try await fixture.pool.query(MediaStore.erasure(of: [reports[0].id], in: TestCity.code))
        try await fixture.asRole("sasando_intake") { pool in
            try await upkeep(with: pool).drop(in: TestCity.code, youngSeconds: 3_600)
            #expect(try await isKept(own.web) == [true], "an upload of these very bytes may be under way")
            try await upkeep(with: pool).drop(in: TestCity.code, youngSeconds: 0)
        }
        #expect(try await isKept(own.web, own.thumb) == [false, false])
        #expect(try await isKept(other.web, other.thumb) == [true, true])
        #expect(try await store.removed(limit: 9, in: TestCity.code) == [])
    }

    @Test func `uploads that no report took go after a day, and files that no row names with the sweep`() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let old = try await upload("old", by: .channel("uji"))
        let young = try await upload("young", by: .channel("uji"))
        let lost = try await folder.keep(Array("of a process that ended".utf8), of: TestCity.code)
        _ = try await fixture.pool.query(
            "UPDATE media_upload SET made_at = now() - interval '25 h' WHERE id = \(old.id)")
        try await fixture.asRole("sasando_intake") { pool in
            try await upkeep(with: pool).drop(in: TestCity.code, youngSeconds: 0)
            for first in UInt8.min...UInt8.max {
                try await upkeep(with: pool).sweep(first, in: TestCity.code, youngSeconds: 0)
            }
        }
        #expect(try await isKept(old.web, old.thumb, lost) == [false, false, false])
        #expect(try await isKept(young.web, young.thumb) == [true, true])
    }
}
