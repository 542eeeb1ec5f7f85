package import Domain
package import Logging
package import Storage
internal import Synchronization
internal import Telemetry

/// The loaded cities in memory; a new version is picked up without a restart.
package final class CityRegistry: Sendable {
    private struct State: Sendable {
        var cities: [JurisdictionCode: LoadedCity] = [:]
        var byHost: [String: JurisdictionCode] = [:]
    }

    private let state = Mutex(State())
    private let store: CityStore
    private let withBoundaries: Bool
    private let logger: Logger
    private let changed: @Sendable ([LoadedCity]) -> Void

    /// - Parameters:
    ///   - withBoundaries: for who looks places up.
    ///   - changed: called with all cities after any of them was loaded or replaced.
    package init(
        store: CityStore, withBoundaries: Bool = false, logger: Logger,
        changed: @escaping @Sendable ([LoadedCity]) -> Void = { _ in }
    ) {
        self.store = store
        self.withBoundaries = withBoundaries
        self.logger = logger
        self.changed = changed
    }

    /// Looks for new versions each second until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do { try await refresh() } catch {
                logger.warning("cities not read; trying again", metadata: [LogKey.error: "\(error)"])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Loads what is newer in the store than here.
    package func refresh() async throws {
        let versions = try await store.versions()
        var isChanged = false
        for (code, version) in versions where city(code)?.version != version {
            guard let loaded = try await store.city(code, withBoundaries: withBoundaries) else { continue }
            logger.info(
                "City loaded", metadata: [LogKey.jurisdiction: "\(code)", LogKey.version: "\(loaded.version)"])
            isChanged = true
            state.withLock { state in
                state.cities[code] = loaded
                state.byHost = [:]
                for city in state.cities.values.map(\.city) {
                    for host in city.hosts { state.byHost[host.lowercased()] = city.code }
                }
            }
        }
        if isChanged { changed(cities) }
    }

    package func city(_ code: JurisdictionCode) -> LoadedCity? { state.withLock { $0.cities[code] } }

    /// All cities, by code.
    package var cities: [LoadedCity] {
        state.withLock { $0.cities.values.sorted { $0.city.code < $1.city.code } }
    }

    /// The city that is served under a host name (a port after it does not matter).
    ///
    /// A name that no city claims leads to the only city, or, where there are several, to the first by code.
    package func city(host: String?) -> LoadedCity? {
        let name = host.map { host in String(host.prefix { $0 != ":" }).lowercased() }
        return state.withLock { state in
            if let name, let code = state.byHost[name] { return state.cities[code] }
            return state.cities.min { $0.key < $1.key }?.value
        }
    }

    /// Whether any city is loaded: without one nothing can be served.
    package var isReady: Bool { state.withLock { !$0.cities.isEmpty } }
}
