internal import Crypto
package import Domain
internal import Glibc
internal import NIOPosix

/// Where photos are kept, by what they are: the same bytes are kept once for a city, and nothing is ever changed.
package protocol PhotoStore: Sendable {
    /// Returns once the bytes would survive a loss of power.
    func keep(_ bytes: [UInt8], of city: JurisdictionCode) async throws -> PhotoHash
    /// Nil where they are not kept.
    func bytes(of hash: PhotoHash, of city: JurisdictionCode) async throws -> [UInt8]?
    /// Removes what nobody has kept (again) for `seconds`. Says whether it is gone.
    func remove(_ hash: PhotoHash, of city: JurisdictionCode, unusedFor seconds: Int) async throws -> Bool
    /// What is kept whose hash begins with this byte, and has not been kept again for `seconds`; at most `limit`.
    func kept(
        beginningWith first: UInt8, of city: JurisdictionCode, unusedFor seconds: Int, limit: Int
    ) async throws -> [PhotoHash]
}

/// The SHA-256 of a photo's bytes. It leads to the photo, so that it stands in no answer and no log.
package struct PhotoHash: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(of photo: [UInt8]) { bytes = Array(SHA256.hash(data: photo)) }

    /// Nil for anything but 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// 64 hexadecimal digits.
    package var text: String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    package init?(text: some StringProtocol) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

/// Photos in a folder that several services share: `kupang/ab/cdef….jpg` by the hash.
///
/// A file that is there is kept again by renewing its time, and removed by renaming it first and looking at its time
/// then: so whoever keeps a photo while another removes it finds it gone and writes it, or the other gives it back.
package struct PhotoFolder: PhotoStore {
    /// What the system said, and of which step.
    package struct Failure: Error, CustomStringConvertible {
        package let step: String
        package let code: Int32

        package var description: String { "\(step): \(String(cString: strerror(code)))" }
    }

    private let root: String

    package init(_ root: String) { self.root = root }

    package func keep(_ bytes: [UInt8], of city: JurisdictionCode) async throws -> PhotoHash {
        let hash = PhotoHash(of: bytes)
        try await onThread {
            let (folder, path) = try place(of: hash, of: city)
            // Renewed: whoever sweeps leaves it alone for a while.
            if utimensat(AT_FDCWD, path, nil, 0) == 0, access(path, F_OK) == 0 { return }
            let cityFolder = "\(root)/\(try Self.folderName(of: city))"
            try make(cityFolder)
            try make(folder)
            let temporary = "\(folder)/.\(UInt64.random(in: 0 ... .max))"
            do {
                try write(bytes, to: temporary)
                try check(rename(temporary, path) == 0, "name a photo")
            } catch {
                unlink(temporary)
                throw error
            }
            for folder in [folder, cityFolder, root] { try sync(folder) }
        }
        return hash
    }

    package func bytes(of hash: PhotoHash, of city: JurisdictionCode) async throws -> [UInt8]? {
        try await onThread {
            let file = open(try place(of: hash, of: city).path, O_RDONLY | O_CLOEXEC)
            if file < 0, errno == ENOENT { return nil }
            try check(file >= 0, "open a photo")
            defer { close(file) }
            var facts = stat()
            try check(fstat(file, &facts) == 0, "look at a photo")
            var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
            var had = 0
            while had < bytes.count {
                let n = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + had, $0.count - had) }
                if n < 0, errno == EINTR { continue }
                try check(n > 0, "read a photo")
                had += n
            }
            return bytes
        }
    }

    package func remove(_ hash: PhotoHash, of city: JurisdictionCode, unusedFor seconds: Int) async throws -> Bool {
        try await onThread {
            let (folder, path) = try place(of: hash, of: city)
            let aside = "\(folder)/.\(UInt64.random(in: 0 ... .max))"
            guard rename(path, aside) == 0 else {
                try check(errno == ENOENT, "put a photo aside")
                return true
            }
            guard try isUnused(aside, for: seconds) else {
                // Given back, unless somebody has written it anew meanwhile.
                if link(aside, path) != 0 { try check(errno == EEXIST, "give a photo back") }
                try check(unlink(aside) == 0, "give a photo back")
                return false
            }
            try check(unlink(aside) == 0, "remove a photo")
            return true
        }
    }

    package func kept(
        beginningWith first: UInt8, of city: JurisdictionCode, unusedFor seconds: Int, limit: Int
    ) async throws -> [PhotoHash] {
        try await onThread {
            let name = String(first >> 4, radix: 16) + String(first & 15, radix: 16)
            let folder = "\(root)/\(try Self.folderName(of: city))/\(name)"
            guard let handle = opendir(folder) else {
                try check(errno == ENOENT, "open a folder")
                return []
            }
            defer { closedir(handle) }
            var hashes: [PhotoHash] = []
            while hashes.count < limit, let entry = readdir(handle) {
                let file = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard file != ".", file != "..", (try? isUnused("\(folder)/\(file)", for: seconds)) == true else {
                    continue
                }
                if file.hasPrefix(".") {
                    // Left by a process that ended while it wrote, or while it removed.
                    unlink("\(folder)/\(file)")
                } else if file.hasSuffix(".jpg"), let hash = PhotoHash(text: name + file.dropLast(4)) {
                    hashes.append(hash)
                }
            }
            return hashes
        }
    }

    // MARK: Files

    private func place(of hash: PhotoHash, of city: JurisdictionCode) throws -> (folder: String, path: String) {
        let name = hash.text
        let folder = "\(root)/\(try Self.folderName(of: city))/\(name.prefix(2))"
        return (folder, "\(folder)/\(name.dropFirst(2)).jpg")
    }

    /// A city's code is a word; anything that would lead elsewhere is refused.
    private static func folderName(of city: JurisdictionCode) throws -> String {
        let name = city.rawValue
        guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/") else {
            throw Failure(step: "name a city's folder", code: EINVAL)
        }
        return name
    }

    private func isUnused(_ path: String, for seconds: Int) throws -> Bool {
        var facts = stat()
        try check(stat(path, &facts) == 0, "look at a photo")
        return facts.st_mtim.tv_sec + seconds <= time(nil)
    }

    private func make(_ folder: String) throws {
        try check(mkdir(folder, 0o750) == 0 || errno == EEXIST, "make a folder for photos")
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        try check(file >= 0, "make a photo's file")
        defer { close(file) }
        var sent = 0
        while sent < bytes.count {
            let n = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + sent, $0.count - sent) }
            if n < 0, errno == EINTR { continue }
            try check(n > 0, "write a photo")
            sent += n
        }
        try check(fsync(file) == 0, "sync a photo")
    }

    private func sync(_ folder: String) throws {
        let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try check(handle >= 0, "open a folder")
        defer { close(handle) }
        try check(fsync(handle) == 0, "sync a folder")
    }

    private func check(_ isFine: Bool, _ step: String) throws {
        let code = errno
        if !isFine { throw Failure(step: step, code: code) }
    }

    /// The calls block, and must not block a thread of the concurrency pool.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
