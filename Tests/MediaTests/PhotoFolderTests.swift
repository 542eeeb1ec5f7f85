import Domain
import Foundation
import Testing

@testable import Media

@Suite struct PhotoFolderTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "photos-\(UUID().uuidString)")
    private var folder: PhotoFolder { PhotoFolder(root.path) }
    private let city: JurisdictionCode = "kupang"

    init() throws { try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }

    private func path(_ hash: PhotoHash) -> String {
        "\(root.path)/kupang/\(hash.text.prefix(2))/\(hash.text.dropFirst(2)).jpg"
    }

    private func grow(old hash: PhotoHash, seconds: Double) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -seconds)], ofItemAtPath: path(hash))
    }

    @Test func `the same bytes are kept once, and found by their hash alone`() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let hash = try await folder.keep([1, 2, 3], of: city)
        #expect(try await folder.keep([1, 2, 3], of: city) == hash)
        #expect(hash.text == "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81")
        #expect(PhotoHash(text: hash.text) == hash && PhotoHash(text: "zz" + hash.text.dropFirst(2)) == nil)
        #expect(try await folder.bytes(of: hash, of: city) == [1, 2, 3])
        #expect(try await folder.bytes(of: PhotoHash(of: [4]), of: city) == nil)
        #expect(try await folder.bytes(of: hash, of: "other") == nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(root.path)/kupang/03")
        #expect(names == ["\(hash.text.dropFirst(2)).jpg"])
    }

    @Test(arguments: ["", ".", "..", "../kupang", "a/b"])
    func `a city's code leads nowhere else`(code: String) async {
        defer { try? FileManager.default.removeItem(at: root) }
        await #expect(throws: PhotoFolder.Failure.self) {
            _ = try await folder.keep([1], of: JurisdictionCode(rawValue: code))
        }
    }

    @Test func `what was kept again lately is not removed, what was not is`() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let hash = try await folder.keep([5], of: city)
        try grow(old: hash, seconds: 3_600)
        #expect(try await folder.kept(beginningWith: hash.bytes[0], of: city, unusedFor: 600, limit: 9) == [hash])
        _ = try await folder.keep([5], of: city)
        #expect(try await folder.kept(beginningWith: hash.bytes[0], of: city, unusedFor: 600, limit: 9) == [])
        #expect(try await folder.remove(hash, of: city, unusedFor: 600) == false)
        #expect(try await folder.bytes(of: hash, of: city) == [5])
        try grow(old: hash, seconds: 3_600)
        #expect(try await folder.remove(hash, of: city, unusedFor: 600))
        #expect(try await folder.bytes(of: hash, of: city) == nil)
        #expect(try await folder.remove(hash, of: city, unusedFor: 600))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root.path)/kupang/\(hash.text.prefix(2))") == [])
    }

    @Test func `what a process left half done is swept with the rest`() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let hash = try await folder.keep([6], of: city)
        let left = "\(root.path)/kupang/\(hash.text.prefix(2))/.123"
        try Data([1]).write(to: URL(filePath: left))
        _ = try await folder.kept(beginningWith: hash.bytes[0], of: city, unusedFor: 600, limit: 9)
        #expect(FileManager.default.fileExists(atPath: left))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3_600)], ofItemAtPath: left)
        _ = try await folder.kept(beginningWith: hash.bytes[0], of: city, unusedFor: 600, limit: 9)
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(try await folder.bytes(of: hash, of: city) == [6])
    }

    @Test func `photos that are kept and removed at once by many are there in the end`() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for round in 0..<40 {
                group.addTask {
                    let hash = try await folder.keep([7], of: city)
                    if round % 2 == 0 { _ = try await folder.remove(hash, of: city, unusedFor: 600) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await folder.bytes(of: PhotoHash(of: [7]), of: city) == [7])
    }

    @Test func `the folder tells whether it can be written to, and how much room there is`() throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let state = try #require(FolderState.of(root.path))
        #expect(state.isWritable && state.freeBytes > 0 && state.freeBytes <= state.totalBytes)
        #expect(FolderState.of(root.path + "/none") == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: root.path) == [])
    }
}
