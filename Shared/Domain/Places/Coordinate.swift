#if canImport(Glibc)
    internal import func Glibc.cos
#elseif canImport(Darwin)
    internal import func Darwin.cos
#endif

/// A point on the earth in WGS 84 degrees.
package struct Coordinate: Hashable, Sendable, Codable {
    package var lat: Double
    package var lon: Double

    package init(lat: Double, lon: Double) {
        self.lat = lat
        self.lon = lon
    }

    /// Metres to `other` by the equirectangular approximation: within 0.1 % over the size of a city.
    package func metres(to other: Coordinate) -> Double {
        let metresPerDegree = 111_195.0
        let dy = (other.lat - lat) * metresPerDegree
        let dx = (other.lon - lon) * metresPerDegree * cos((lat + other.lat) / 2 * .pi / 180)
        return (dx * dx + dy * dy).squareRoot()
    }
}
