/// A boundary made ready for many questions: its edges sorted into bands of latitude.
struct PreparedBoundary: Sendable {
    private struct Edge: Sendable {
        var a: Coordinate
        var b: Coordinate
    }

    private static let bandCount = 32

    private var south = Double.infinity
    private var north = -Double.infinity
    private var west = Double.infinity
    private var east = -Double.infinity
    private var edges: [Edge] = []
    private var bands: [[Edge]]

    init(_ boundary: MultiPolygon) {
        bands = Array(repeating: [], count: Self.bandCount)
        for ring in boundary.polygons.joined() {
            for (a, b) in zip(ring, ring.dropFirst()) where a != b { edges.append(Edge(a: a, b: b)) }
        }
        for edge in edges {
            south = min(south, edge.a.lat)
            north = max(north, edge.a.lat)
            west = min(west, edge.a.lon)
            east = max(east, edge.a.lon)
        }
        for edge in edges where edge.a.lat != edge.b.lat {
            let (low, high) = (band(of: min(edge.a.lat, edge.b.lat)), band(of: max(edge.a.lat, edge.b.lat)))
            for band in low...high { bands[band].append(edge) }
        }
    }

    private func band(of lat: Double) -> Int {
        let height = north - south
        guard height > 0 else { return 0 }
        return min(Self.bandCount - 1, max(0, Int((lat - south) / height * Double(Self.bandCount))))
    }

    /// Whether the point is inside, by the even-odd rule: holes are outside, and a point on an edge that two areas
    /// share is in one of them only.
    func contains(_ point: Coordinate) -> Bool {
        guard point.lat >= south, point.lat <= north, point.lon >= west, point.lon <= east else { return false }
        var inside = false
        for edge in bands[band(of: point.lat)] where (edge.a.lat > point.lat) != (edge.b.lat > point.lat) {
            let along = (point.lat - edge.a.lat) / (edge.b.lat - edge.a.lat)
            if point.lon < edge.a.lon + along * (edge.b.lon - edge.a.lon) { inside.toggle() }
        }
        return inside
    }

    /// Metres from a point outside to the nearest edge, or nil when that is more than `limit`.
    func metres(to point: Coordinate, limit: Double) -> Double? {
        let metresPerDegree = 111_195.0
        let scale = Coordinate(lat: point.lat, lon: 0).metres(to: Coordinate(lat: point.lat, lon: 1))
        let (dy, dx) = (limit / metresPerDegree, limit / scale)
        guard point.lat >= south - dy, point.lat <= north + dy, point.lon >= west - dx, point.lon <= east + dx else {
            return nil
        }
        var nearest = Double.infinity
        for edge in edges {
            let a = ((edge.a.lon - point.lon) * scale, (edge.a.lat - point.lat) * metresPerDegree)
            let b = ((edge.b.lon - point.lon) * scale, (edge.b.lat - point.lat) * metresPerDegree)
            let d = (b.0 - a.0, b.1 - a.1)
            let along = min(1, max(0, -(a.0 * d.0 + a.1 * d.1) / (d.0 * d.0 + d.1 * d.1)))
            let (x, y) = (a.0 + along * d.0, a.1 + along * d.1)
            nearest = min(nearest, x * x + y * y)
        }
        nearest = nearest.squareRoot()
        return nearest <= limit ? nearest : nil
    }
}
