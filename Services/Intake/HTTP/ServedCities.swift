internal import Domain
internal import Hummingbird
internal import Runtime
internal import Storage
internal import Synchronization

/// A city with what intake prepares from it once: the index of places, and the lists as they are sent.
struct ServedCity: Sendable {
    let loaded: LoadedCity
    let places: PlaceIndex
    let routing: RoutingTable
    let lists: CityLists

    var city: City { loaded.city }

    init(_ loaded: LoadedCity, cells: [AreaCell]) {
        self.loaded = loaded
        places = PlaceIndex(city: loaded.city, boundaries: loaded.boundaries)
        routing = RoutingTable(city: loaded.city)
        lists = CityLists(loaded, cells: cells)
    }
}

/// The prepared cities; a new version of one replaces it while requests go on.
final class ServedCities: Sendable {
    private let prepared: Mutex<[JurisdictionCode: ServedCity]> = Mutex([:])
    fileprivate let registry: CityRegistry
    private let store: CityStore

    init(registry: CityRegistry, store: CityStore) {
        self.registry = registry
        self.store = store
    }

    /// The city that a request's host name stands for.
    ///
    /// - Throws: `ProblemDetails` 503 while no city is loaded.
    func city(of request: Request) async throws -> ServedCity {
        guard let loaded = registry.city(host: request.head.authority) else {
            throw ProblemDetails.unavailable("No city is loaded yet; try again in a moment.")
        }
        let code = loaded.city.code
        if let known = prepared.withLock({ $0[code] }), known.loaded.version == loaded.version { return known }
        let made = ServedCity(loaded, cells: try await store.cells(of: code))
        prepared.withLock { prepared in
            if (prepared[code]?.loaded.version ?? 0) < made.loaded.version { prepared[code] = made }
        }
        return made
    }
}

extension Request {
    /// The language that was asked for.
    var language: Language { PreferredLanguage(self) == .english ? .english : .indonesian }
}

extension ServedCities {
    /// The city for a request, without waiting for anything; nil while none is loaded.
    func known(for request: Request) -> City? { registry.city(host: request.head.authority)?.city }
}
