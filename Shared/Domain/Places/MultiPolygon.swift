/// The boundary of an area: polygons, each an outer ring and its holes, every ring closed.
package struct MultiPolygon: Hashable, Sendable {
    package typealias Ring = [Coordinate]

    package var polygons: [[Ring]]

    package init(polygons: [[Ring]]) { self.polygons = polygons }

    /// Why a GeoJSON geometry cannot be a boundary.
    package enum Flaw: Error, Hashable, Sendable {
        case notAPolygon
        case malformedCoordinates
        case tooFewPoints
        case ringNotClosed
        case outOfRange
    }

    /// Reads a GeoJSON (RFC 7946) `Polygon` or `MultiPolygon`.
    package init(geoJSON geometry: JSONValue) throws(Flaw) {
        guard case .array(let coordinates)? = geometry["coordinates"] else { throw .notAPolygon }
        switch geometry["type"] {
        case .string("Polygon"): polygons = [try Self.polygon(coordinates)]
        case .string("MultiPolygon"):
            polygons = []
            for polygon in coordinates {
                guard case .array(let rings) = polygon else { throw .malformedCoordinates }
                polygons.append(try Self.polygon(rings))
            }
        default: throw .notAPolygon
        }
        guard !polygons.isEmpty else { throw .tooFewPoints }
    }

    private static func polygon(_ rings: [JSONValue]) throws(Flaw) -> [Ring] {
        guard !rings.isEmpty else { throw .tooFewPoints }
        var polygon: [Ring] = []
        for ring in rings {
            guard case .array(let positions) = ring else { throw .malformedCoordinates }
            guard positions.count >= 4 else { throw .tooFewPoints }
            var points: Ring = []
            points.reserveCapacity(positions.count)
            for position in positions {
                guard case .array(let numbers) = position, numbers.count >= 2, let lon = number(numbers[0]),
                    let lat = number(numbers[1])
                else { throw .malformedCoordinates }
                guard abs(lat) <= 90, abs(lon) <= 180 else { throw .outOfRange }
                points.append(Coordinate(lat: lat, lon: lon))
            }
            guard points.first == points.last else { throw .ringNotClosed }
            polygon.append(points)
        }
        return polygon
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// Writes a GeoJSON `MultiPolygon` geometry.
    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("type", "MultiPolygon")
            $0.key("coordinates")
            $0.array { writer in
                for polygon in polygons {
                    writer.array { writer in
                        for ring in polygon { Self.write(ring, to: &writer) }
                    }
                }
            }
        }
    }

    private static func write(_ ring: Ring, to writer: inout JSONWriter) {
        writer.array { writer in
            for point in ring {
                writer.array {
                    $0.value(point.lon)
                    $0.value(point.lat)
                }
            }
        }
    }
}
