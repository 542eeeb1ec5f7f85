import Domain
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Intake

@Suite("Preparing a city")
struct PreparedCitiesTests {
    /// Prepares a city each time that it is let, and counts how often it begins.
    private final class Workshop: Sendable {
        private let begun = Atomic(0)
        private let gate = AsyncStream.makeStream(of: Void.self)
        var count: Int { begun.load(ordering: .relaxed) }

        func letOne() { gate.continuation.yield() }

        func prepare(_ loaded: LoadedCity) async -> ServedCity {
            begun.add(1, ordering: .relaxed)
            for await _ in gate.stream { break }
            return ServedCity(loaded, cells: [])
        }
    }

    private struct Away: Error {}

    private static func loaded(_ version: Int64) -> LoadedCity {
        LoadedCity(version: version, city: TestCity.city, boundaries: [:])
    }

    @Test("of many requests that come first, one prepares it, and the others wait")
    func first() async throws {
        let workshop = Workshop()
        let cities = PreparedCities { await workshop.prepare($0) }
        let versions = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<50 {
                group.addTask { try await cities.city(Self.loaded(1)).loaded.version }
            }
            try await until("one has begun") { workshop.count == 1 }
            workshop.letOne()
            return try await group.reduce(into: [Int64]()) { $0.append($1) }
        }
        #expect(versions == Array(repeating: 1, count: 50))
        #expect(workshop.count == 1)
    }

    @Test("while a new version is prepared, once, the version before is served")
    func next() async throws {
        let workshop = Workshop()
        let cities = PreparedCities { await workshop.prepare($0) }
        workshop.letOne()
        #expect(try await cities.city(Self.loaded(1)).loaded.version == 1)
        async let newer = cities.city(Self.loaded(2))
        try await until("the new version is being prepared") { workshop.count == 2 }
        for _ in 0..<20 { #expect(try await cities.city(Self.loaded(2)).loaded.version == 1) }
        workshop.letOne()
        #expect(try await newer.loaded.version == 2)
        #expect(try await cities.city(Self.loaded(2)).loaded.version == 2)
        #expect(workshop.count == 2)
    }

    @Test("a failure is told to who asked, and the next request tries again")
    func failure() async throws {
        let workshop = Workshop()
        let cities = PreparedCities { loaded in
            let city = await workshop.prepare(loaded)
            if workshop.count != 2 { throw Away() }
            return city
        }
        workshop.letOne()
        await #expect(throws: Away.self) { try await cities.city(Self.loaded(1)) }
        workshop.letOne()
        #expect(try await cities.city(Self.loaded(1)).loaded.version == 1)
        #expect(workshop.count == 2)
        // Now there is a version before, which is better than none.
        workshop.letOne()
        #expect(try await cities.city(Self.loaded(2)).loaded.version == 1)
        #expect(workshop.count == 3)
    }
}

@Suite("The public lists")
struct CityListsTests {
    @Test("each has an entity tag of its own in each of its representations, which changes with the city")
    func entityTags() {
        let tags = [Int64(1), 2].flatMap { version -> [String] in
            let loaded = LoadedCity(version: version, city: TestCity.city, boundaries: [:])
            let lists = CityLists(loaded, cells: [])
            return [lists.categories, lists.agencies, lists.areas, lists.shapes].map(\.entityTag)
        }
        #expect(Set(tags).count == 8, "\(tags)")
        #expect(tags.allSatisfy { $0.hasPrefix("\"") && $0.hasSuffix("\"") })
    }
}
