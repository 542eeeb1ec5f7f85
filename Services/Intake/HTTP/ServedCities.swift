internal import Domain
internal import Hummingbird
internal import Runtime
internal import Storage

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
    fileprivate let registry: CityRegistry
    private let prepared: PreparedCities

    init(registry: CityRegistry, store: CityStore) {
        self.registry = registry
        prepared = PreparedCities { loaded in
            ServedCity(loaded, cells: try await store.cells(of: loaded.city.code))
        }
    }

    /// The city that a request's host name stands for.
    ///
    /// - Throws: `ProblemDetails` 503 while no city is loaded.
    func city(of request: Request) async throws -> ServedCity {
        guard let loaded = registry.city(host: request.head.authority) else {
            throw ProblemDetails.unavailable("No city is loaded yet; try again in a moment.")
        }
        return try await prepared.city(loaded)
    }

    /// The city with this code.
    ///
    /// - Throws: `ProblemDetails` 503 while it is not loaded.
    func city(_ code: JurisdictionCode) async throws -> ServedCity {
        guard let loaded = registry.city(code) else {
            throw ProblemDetails.unavailable("This city is not loaded yet; try again in a moment.")
        }
        return try await prepared.city(loaded)
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
