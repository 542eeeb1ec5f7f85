import Foundation

/// The working copy that these tests were built from: every file that is not ignored.
struct Checkout: Sendable {
    let root: URL
    /// Paths relative to the root, sorted.
    let files: [String]

    static let current: Checkout = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path)
        {
            folder.deleteLastPathComponent()
        }
        return Checkout(root: folder)
    }()

    init(root: URL) {
        self.root = root
        let ignored = Checkout.ignoredNames(in: root)
        var found: [String] = []
        var pending = [""]
        while let folder = pending.popLast() {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
            for name in names where !ignored.contains(where: { fnmatch($0, name, 0) == 0 }) {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isFolder)
                else { continue }
                if isFolder.boolValue { pending.append(path) } else { found.append(path) }
            }
        }
        files = found.sorted()
    }

    /// `.gitignore` here holds plain names and name patterns only, so matching each path component is enough.
    private static func ignoredNames(in root: URL) -> [String] {
        let text = (try? String(contentsOf: root.appending(path: ".gitignore"), encoding: .utf8)) ?? ""
        let patterns = text.split(separator: "\n").map { $0.hasSuffix("/") ? String($0.dropLast()) : String($0) }
        return patterns + [".git", ".swiftpm", ".DS_Store"]
    }

    func files(ending suffix: String) -> [String] {
        files.filter { $0.hasSuffix(suffix) }
    }

    /// Files that a person wrote as text: everything that is UTF-8 and holds no NUL.
    func text(of path: String) -> String? {
        guard let data = try? Data(contentsOf: root.appending(path: path)), !data.contains(0) else { return nil }
        return String(data: data, encoding: .utf8)
    }

    /// All Swift files, read once.
    var swiftSources: [SwiftSource] { Self.parsed }

    private static let parsed: [SwiftSource] = current.files(ending: ".swift").compactMap { path in
        current.text(of: path).map { SwiftSource(path: path, text: $0) }
    }

    var shellScripts: [String] {
        files.filter { path in
            path.hasSuffix(".sh") || (text(of: path)?.hasPrefix("#!/usr/bin/env bash") ?? false)
        }
    }
}

/// One place where a rule of the house is broken.
struct Violation: Hashable, CustomStringConvertible {
    let path: String
    let line: Int
    let what: String

    var description: String { "\(path):\(line): \(what)" }
}

extension [Violation] {
    /// What a failing expectation prints: one place a line.
    var listed: String { map(\.description).sorted().joined(separator: "\n") }
}
