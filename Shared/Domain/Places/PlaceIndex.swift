/// What a name that people look for stands for.
package enum NamedPlace: Hashable, Sendable {
    case area(Area)
    /// A kecamatan, by its code.
    case district(String)
}

/// Finds the area of a point and of an address, in memory.
package struct PlaceIndex: Sendable {
    private let areas: [Area]
    /// In the order of `areas`; empty while no boundaries have been imported.
    private let boundaries: [(area: Int, boundary: PreparedBoundary)]
    private let names: AreaNames
    private let centreMetres: Double
    private let snapMetres: Double

    /// - Parameter boundaries: the true ones; when empty, each area is what is nearest to its centre.
    package init(city: City, boundaries: [AreaCode: MultiPolygon] = [:]) {
        areas = city.areas
        self.boundaries = city.areas.enumerated().compactMap { index, area in
            boundaries[area.code].map { (index, PreparedBoundary($0)) }
        }
        names = AreaNames(city.areas)
        centreMetres = Double(city.limits.centreMetres)
        snapMetres = Double(city.limits.snapMetres)
    }

    /// Whether areas are found by the nearest centre, for want of boundaries.
    package var isApproximate: Bool { boundaries.isEmpty }

    /// The area of a point; nil outside the city.
    ///
    /// With boundaries: the one that holds it, else the nearest within the city's `snapMetres`. Without: the one whose
    /// centre is nearest, if that is within `centreMetres`.
    package func locate(_ point: Coordinate) -> ReportArea? {
        guard !boundaries.isEmpty else { return nearestCentre(to: point) }
        if let inside = boundaries.first(where: { $0.boundary.contains(point) }) {
            return ReportArea(areas[inside.area], isApproximate: false)
        }
        var nearest: (area: Int, metres: Double)?
        for candidate in boundaries {
            let limit = nearest?.metres ?? snapMetres
            if let metres = candidate.boundary.metres(to: point, limit: limit), metres < nearest?.metres ?? .infinity {
                nearest = (candidate.area, metres)
            }
        }
        return nearest.map { ReportArea(areas[$0.area], isApproximate: false) }
    }

    private func nearestCentre(to point: Coordinate) -> ReportArea? {
        // A degree of longitude is shorter than one of latitude by the cosine, the same for the whole city.
        let scale = Coordinate(lat: point.lat, lon: 0).metres(to: Coordinate(lat: point.lat, lon: 1))
        var nearest: (area: Int, squared: Double)?
        for (index, area) in areas.enumerated() {
            let (dy, dx) = ((area.lat - point.lat) * 111_195, (area.lng - point.lon) * scale)
            let squared = dx * dx + dy * dy
            if squared < nearest?.squared ?? centreMetres * centreMetres { nearest = (index, squared) }
        }
        return nearest.map { ReportArea(areas[$0.area], isApproximate: true) }
    }

    /// The kelurahan or kecamatan that somebody looks for; nil where the city has no such name.
    ///
    /// A street that is called like a kelurahan lies in it or leads to it, so here it stands for it.
    package func place(named text: String) -> NamedPlace? {
        // "Alak" is the kelurahan, and "kecamatan Alak" what is around it.
        if let area = area(inAddress: text) { return .area(area) }
        if let code = districtCode(named: text) { return .district(code) }
        return names.area(in: AreaNames.withoutMarks(text)).map { .area(areas[$0]) }
    }

    private func districtCode(named text: String) -> String? {
        let words = AreaNames.words(text)
        let found = areas.first { area in
            let name = AreaNames.words(area.district)
            return !name.isEmpty && words.indices.contains { words[$0...].starts(with: name) }
        }
        return found?.districtCode
    }

    /// The one area that an address names; nil when it names none.
    package func area(inAddress address: String) -> Area? { names.area(in: address).map { areas[$0] } }
}
