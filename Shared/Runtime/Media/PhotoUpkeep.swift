package import Domain
package import Logging
package import Media
package import Storage
internal import Telemetry

/// Removes photos that are nobody's: uploads that no report took, photos of reports that were erased, and, once a day,
/// files that no row names.
package struct PhotoUpkeep: Sendable {
    /// A file that was kept so lately may be of an upload whose row is still to come.
    package static let youngSeconds = 600
    private static let limit = 500
    private static let folderLimit = 20_000

    private let folder: any PhotoStore
    private let store: MediaStore
    private let logger: Logger
    private let cities: @Sendable () -> [JurisdictionCode]

    package init(
        folder: any PhotoStore, store: MediaStore, logger: Logger, cities: @escaping @Sendable () -> [JurisdictionCode]
    ) {
        self.folder = folder
        self.store = store
        self.logger = logger
        self.cities = cities
    }

    /// Works until the task is cancelled; what fails is tried again a minute later.
    ///
    /// A minute looks through a 256th of the files in every sixth, so all of them once a day.
    package func run() async {
        var first = UInt8.random(in: 0 ... .max)
        var minute = 0
        while !Task.isCancelled {
            do {
                for city in cities() {
                    try await drop(in: city)
                    if minute % 6 == 0 { try await sweep(first, in: city) }
                }
                if minute % 6 == 0 { first &+= 1 }
                minute += 1
            } catch {
                logger.warning("photos of nobody not removed", metadata: [LogKey.error: "\(error)"])
            }
            try? await Task.sleep(for: .seconds(60))
        }
    }

    /// Lets go of uploads that waited too long, and removes the files of what went.
    ///
    /// - Parameter youngSeconds: files that were kept so lately stay for a later time.
    package func drop(in city: JurisdictionCode, youngSeconds: Int = PhotoUpkeep.youngSeconds) async throws {
        _ = try await store.dropUploads(olderThan: MediaStore.uploadSeconds, limit: Self.limit, in: city)
        let removed = try await store.removed(limit: Self.limit, in: city)
        guard !removed.isEmpty else { return }
        let nobodys = Set(try await store.nobodys(removed, in: city))
        var settled: [[UInt8]] = []
        for bytes in removed {
            guard nobodys.contains(bytes), let hash = PhotoHash(bytes: bytes) else {
                settled.append(bytes)
                continue
            }
            if try await folder.remove(hash, of: city, unusedFor: youngSeconds) { settled.append(bytes) }
        }
        try await store.settle(settled, in: city)
    }

    /// Removes the files, of those whose hash begins so, that no row names.
    package func sweep(_ first: UInt8, in city: JurisdictionCode, youngSeconds: Int = PhotoUpkeep.youngSeconds)
        async throws
    {
        let kept = try await folder.kept(
            beginningWith: first, of: city, unusedFor: youngSeconds, limit: Self.folderLimit)
        for start in stride(from: 0, to: kept.count, by: Self.limit) {
            let some = kept[start..<min(start + Self.limit, kept.count)].map(\.bytes)
            for hash in try await store.nobodys(some, in: city).compactMap({ PhotoHash(bytes: $0) }) {
                _ = try await folder.remove(hash, of: city, unusedFor: youngSeconds)
            }
        }
    }
}
