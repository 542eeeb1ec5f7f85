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
        for (address, bytes) in await fetched(addresses) {
            do {
                guard let bytes else { throw ProblemDetails.notFound() }
                taken.ids += try await photos.take([bytes[...]], by: uploader, in: jurisdiction)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                taken.missed.append(address)
            }
        }
        return taken
    }

    /// All at once, in the order named.
    private func fetched(_ addresses: [String]) async -> [(address: String, bytes: [UInt8]?)] {
        guard !addresses.isEmpty else { return [] }
        return await withTaskGroup(of: (Int, [UInt8]?).self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask { (index, await fetcher.fetch(address)) }
            }
            var found: [[UInt8]?] = Array(repeating: nil, count: addresses.count)
            for await (index, bytes) in group { found[index] = bytes }
            return Array(zip(addresses, found)).map { ($0.0, $0.1) }
        }
    }
}
