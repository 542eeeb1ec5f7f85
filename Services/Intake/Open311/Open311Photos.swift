internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// Takes the photos of a posted request: those in its body, and those that it names by their addresses.
struct Open311Photos: Sendable {
    let photos: Photos
    let fetcher: MediaFetcher

    struct Taken: Sendable {
        /// The uploads' ids.
        var ids: [UUID] = []
        /// Addresses under which there was no photo to be had.
        var missed: [String] = []
    }

    /// A file that is no photo is an error of the sender's. An address that gives none is not: who names it may not
    /// know, and the report matters more.
    ///
    /// - Throws: `ProblemDetails` 400 with everything that is wrong with the files, 503 where too many come.
    func take(
        _ files: [ArraySlice<UInt8>], _ addresses: [String], by uploader: Uploader, in jurisdiction: JurisdictionCode
    ) async throws -> Taken {
        var taken = Taken()
        do {
            taken.ids = try await photos.take(files, by: uploader, in: jurisdiction)
        } catch let faults as Faults {
            var errors = Open311Errors()
            errors.add(faults)
            try errors.check()
        }
        let room = max(0, Photos.mostInForm - files.count)
        for (address, id) in zip(addresses, await fetched(addresses.prefix(room), by: uploader, in: jurisdiction)) {
            if let id { taken.ids.append(id) } else { taken.missed.append(address) }
        }
        taken.missed += addresses.dropFirst(room)
        try Task.checkCancellation()
        return taken
    }

    /// All at once, in the order named; nil where there was no photo to be had.
    private func fetched(
        _ addresses: ArraySlice<String>, by uploader: Uploader, in jurisdiction: JurisdictionCode
    ) async -> [UUID?] {
        await withTaskGroup(of: (Int, UUID?).self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask {
                    guard let bytes = await fetcher.fetch(address) else { return (index, nil) }
                    return (index, try? await photos.take([bytes[...]], by: uploader, in: jurisdiction).first)
                }
            }
            var found: [UUID?] = Array(repeating: nil, count: addresses.count)
            for await (index, id) in group { found[index] = id }
            return found
        }
    }
}
