import Foundation
import Testing

@Suite("Scripts")
struct ScriptTests {
    let checkout = Checkout.current

    @Test("commands in ops/ and .ci/ are executable bash; the parts they source are not")
    func executableBits() {
        for path in checkout.shellScripts {
            let isExecutable = FileManager.default.isExecutableFile(atPath: checkout.root.appending(path: path).path)
            #expect(isExecutable == !path.hasSuffix(".sh"), "\(path)")
        }
        let commands = Set(checkout.shellScripts.filter { !$0.hasSuffix(".sh") })
        #expect(commands.isSuperset(of: ["ops/run", "ops/test", ".ci/run"]))
        let unmarked = checkout.files.filter { path in
            let file = checkout.root.appending(path: path)
            return path.hasPrefix("ops/") && !commands.contains(path)
                && FileManager.default.isExecutableFile(atPath: file.path)
        }
        #expect(unmarked.isEmpty, "executable, but not bash: \(unmarked)")
    }

    @Test("every script parses", arguments: Checkout.current.shellScripts)
    func parses(path: String) throws {
        let bash = Process()
        bash.executableURL = URL(filePath: "/bin/bash")
        bash.arguments = ["-n", checkout.root.appending(path: path).path]
        let errors = Pipe()
        bash.standardError = errors
        try bash.run()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        bash.waitUntilExit()
        #expect(bash.terminationStatus == 0, "\(String(decoding: said, as: UTF8.self))")
    }

    @Test("commands stop at the first error", arguments: Checkout.current.shellScripts.filter { !$0.hasSuffix(".sh") })
    func strict(path: String) {
        #expect(checkout.text(of: path)?.contains("\nset -euo pipefail\n") == true)
    }
}
