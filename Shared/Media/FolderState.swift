internal import Glibc

/// What may be told of the folder of photos without reading one: for who looks after the city's machines.
package struct FolderState: Hashable, Sendable {
    package var isWritable: Bool
    package var freeBytes: Int64
    package var totalBytes: Int64

    package init(isWritable: Bool, freeBytes: Int64, totalBytes: Int64) {
        self.isWritable = isWritable
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }

    /// Nil where there is no such folder. Whether a file can be made is tried, and the file removed again.
    package static func of(_ folder: String) -> FolderState? {
        var disk = statvfs()
        guard statvfs(folder, &disk) == 0 else { return nil }
        let trial = "\(folder)/.trial-\(UInt64.random(in: 0 ... .max))"
        let file = open(trial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file >= 0 {
            close(file)
            unlink(trial)
        }
        let block = Int64(disk.f_frsize)
        return FolderState(
            isWritable: file >= 0, freeBytes: Int64(disk.f_bavail) * block, totalBytes: Int64(disk.f_blocks) * block)
    }
}
