internal import Crypto
internal import Glibc

/// The key file as the operator changes it.
package struct IdentityKeyFile: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let path: String

    package init(path: String) { self.path = path }

    /// - Throws: ``Failure``: it cannot be read, others may read it, or it holds something else.
    package func read() throws -> IdentityKeys {
        switch SecretFile.read(path) {
        case .fault(let text): throw Failure(description: "\(path) \(text)")
        case .content(let bytes, _):
            do throws(IdentityKeys.Malformed) {
                return try IdentityKeys(text: String(decoding: bytes, as: UTF8.self))
            } catch {
                throw Failure(description: "\(path): \(error)")
            }
        }
    }

    /// Adds a new key, which is on the disk when this returns.
    ///
    /// In place and with one write: whoever has the file open, or mounted, sees it too, and sees no half of a line.
    /// - Returns: its number.
    package func addKey() throws -> Int32 {
        let id = try read().newest.id + 1
        let digits = SymmetricKey(size: .bits256).withUnsafeBytes { bytes in
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be written") }
        defer { close(descriptor) }
        let line = Array("\(try endsWithLine(descriptor) ? "" : "\n")\(id) \(digits)\n".utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw failure("could not be written whole: remove its last line")
        }
        return id
    }

    /// Removes a key that seals nothing any more; the newest cannot go. The new file takes the old one's place whole.
    package func removeKey(_ id: Int32) throws {
        let keys = try read()
        guard keys.ids.contains(id) else { throw Failure(description: "\(path) has no key \(id)") }
        guard id != keys.newest.id else { throw Failure(description: "key \(id) is the one that seals: it stays") }
        let kept = keys.ids.filter { $0 != id }.map { number in
            "\(number) "
                + keys[number]!.withUnsafeBytes { bytes in
                    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                } + "\n"
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure("cannot be looked at") }
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("has a folder that cannot be written") }
        defer { close(descriptor) }
        let bytes = Array(kept.joined().utf8)
        guard fchown(descriptor, status.st_uid, status.st_gid) == 0,
            write(descriptor, bytes, bytes.count) == bytes.count,
            fsync(descriptor) == 0, rename(temporary, path) == 0
        else {
            unlink(temporary)
            throw failure("could not be replaced")
        }
    }

    private func endsWithLine(_ descriptor: CInt) throws -> Bool {
        let size = lseek(descriptor, 0, SEEK_END)
        var last: UInt8 = 0
        guard size > 0, pread(descriptor, &last, 1, size - 1) == 1 else { throw failure("cannot be read") }
        return last == UInt8(ascii: "\n")
    }

    private func failure(_ text: String) -> Failure {
        Failure(description: "\(path) \(text): \(String(cString: strerror(errno)))")
    }
}
