package import Foundation

/// The repository that is tested: where these sources lie, or, for a program that was built elsewhere, where
/// `SASANDO_REPOSITORY` says.
package enum Repository {
    package static let root: URL = {
        if let place = ProcessInfo.processInfo.environment["SASANDO_REPOSITORY"], !place.isEmpty {
            return URL(filePath: place, directoryHint: .isDirectory)
        }
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder
    }()
}
