internal import Foundation

/// Debian's `promtool`, which `ops/test` installs.
package enum Promtool {
    /// Runs it with `input`, and gives what it said; nothing where it has no fault to find.
    ///
    /// - Throws: where it cannot be run.
    package static func check(_ arguments: [String], input: String = "") throws -> (code: Int32, said: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "promtool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, output) = (folder.appending(path: "in"), folder.appending(path: "out").path)
        try Data(input.utf8).write(to: file)
        let given = try FileHandle(forReadingFrom: file)
        let code = try ChildProcess(["promtool"] + arguments, input: given.fileDescriptor, output: output).wait()
        return (code, ChildProcess.tail(of: output))
    }
}
