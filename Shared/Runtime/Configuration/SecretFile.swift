internal import Glibc

/// Reads secrets from files whose permissions keep them secret.
enum SecretFile {
    private static let limit = 65_536

    enum Reading {
        /// The content without its last line break, and what is doubtful about the file.
        case content([UInt8], warning: String?)
        case fault(String)
    }

    /// The content of a regular file that others may neither read nor write.
    ///
    /// A file that its group may read gives a warning: that is how a service's
    /// own group is often let in.
    static func read(_ path: String) -> Reading {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return .fault("cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .fault("is not a regular file")
        }
        let mode = status.st_mode & 0o777
        guard mode & 0o026 == 0 else {
            return .fault("may be read or written by others (mode \(octal(mode))): run chmod 600 on it")
        }
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = Glibc.read(descriptor, &buffer, limit)
        guard count >= 0 else { return .fault("cannot be read: \(String(cString: strerror(errno)))") }
        guard count < limit else { return .fault("is larger than \(limit - 1) bytes") }
        var content = Array(buffer[..<count])
        while let last = content.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { content.removeLast() }
        guard !content.isEmpty else { return .fault("is empty") }
        let isShared = mode & 0o040 != 0
        return .content(content, warning: isShared ? "may be read by its group (mode \(octal(mode)))" : nil)
    }

    private static func octal(_ mode: mode_t) -> String { "0" + String(mode, radix: 8) }
}
