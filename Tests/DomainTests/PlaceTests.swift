import Domain
import Testing

@Suite struct PlaceTests {
    /// Two squares side by side; the western one has a hole, and the eastern one an island.
    private static let boundaries: [AreaCode: MultiPolygon] = [
        "53.71.03.1010": MultiPolygon(polygons: [
            [square(-10.15, 123.65, 0.01), square(-10.1525, 123.6525, 0.002)]
        ]),
        "53.71.04.1010": MultiPolygon(polygons: [
            [square(-10.15, 123.66, 0.01)], [square(-10.20, 123.66, 0.001)],
        ]),
    ]
    private static let index = PlaceIndex(city: Sample.city, boundaries: boundaries)

    /// From the north-west corner to the south and the east.
    private static func square(_ lat: Double, _ lon: Double, _ side: Double) -> MultiPolygon.Ring {
        [(0, 0), (-side, 0), (-side, side), (0, side), (0, 0)].map { Coordinate(lat: lat + $0.0, lon: lon + $0.1) }
    }

    @Test(
        arguments: [
            (-10.155, 123.651, "53.71.03.1010"),  // inside
            (-10.155, 123.665, "53.71.04.1010"),
            (-10.2005, 123.6605, "53.71.04.1010"),  // on the island
            (-10.1496, 123.655, "53.71.03.1010"),  // 45 m north of the edge
            (-10.1490, 123.655, nil),  // 111 m north of the edge
            (-10.1527, 123.6535, "53.71.03.1010"),  // in the hole, 22 m from its edge
            (-10.1535, 123.6535, nil),  // in the middle of the hole, 109 m from every edge
            (-10.18, 123.66, nil),
            (-6.2, 106.8, nil),
        ] as [(Double, Double, AreaCode?)])
    func `a point is in its area, or within 100 m of one, or outside`(lat: Double, lon: Double, area: AreaCode?) {
        let found = Self.index.locate(Coordinate(lat: lat, lon: lon))
        #expect(found?.code == area)
        #expect(found?.isApproximate != true)
    }

    @Test func `beside a shared edge a point is on its own side, and on the edge it is not lost`() {
        for step in 1..<100 {
            let lat = -10.16 + Double(step) * 0.0001
            #expect(Self.index.locate(Coordinate(lat: lat, lon: 123.659999))?.code == "53.71.03.1010")
            #expect(Self.index.locate(Coordinate(lat: lat, lon: 123.660001))?.code == "53.71.04.1010")
            #expect(Self.index.locate(Coordinate(lat: lat, lon: 123.66)) != nil)
        }
    }

    @Test(
        arguments: [
            (-10.1481, 123.6529, "53.71.03.1010"), (-10.193, 123.537, "53.71.01.1008"),
            (-10.193, 123.4930, "53.71.01.1008"),  // 4.8 km west of Alak's centre
            (-10.193, 123.4900, nil),  // 5.1 km
        ] as [(Double, Double, AreaCode?)])
    func `without boundaries the nearest centre within 5 km serves, and says that it is approximate`(
        lat: Double, lon: Double, area: AreaCode?
    ) {
        let found = PlaceIndex(city: Sample.city).locate(Coordinate(lat: lat, lon: lon))
        #expect(found?.code == area)
        #expect(found?.isApproximate == (area == nil ? nil : true))
    }

    @Test(
        arguments: [
            ("Oesapa", "53.71.03.1010"), ("kel. oesapa", "53.71.03.1010"), ("kel.oesapa barat", "53.71.03.1014"),
            ("OESAPA BARAT rt 3", "53.71.03.1014"), ("LLBK", "53.71.06.1002"), ("lai-lai bisi kopan", "53.71.06.1002"),
            ("Jl. Merdeka, Oesapa", "53.71.03.1010"), ("Jl. Merdeka 5", nil),
            ("kel. Merdeka, jl. Merdeka", "53.71.06.1006"),
            ("Liliba, Oebobo", "53.71.04.1010"), ("Liliba kec. Oebobo", "53.71.04.1010"), ("Oebobo", "53.71.04.1001"),
            ("kecamatan Oebobo", nil), ("kelurahan Oebobo, kecamatan Oebobo", "53.71.04.1001"),
            ("kel Oebobo dekat Liliba", "53.71.04.1001"), ("Oesapaku", nil), ("NewOesapa", nil), ("", nil),
            ("...", nil),
            ("batas Oesapa dan Oesapa Barat", "53.71.03.1014"),
        ] as [(String, AreaCode?)])
    func `an address names its area`(address: String, area: AreaCode?) {
        #expect(PlaceIndex(city: Sample.city).area(inAddress: address)?.code == area)
    }

    @Test(
        arguments: [
            ("{}", .notAPolygon), (#"{"type":"Point","coordinates":[1,2]}"#, .notAPolygon),
            (#"{"type":"Polygon","coordinates":[]}"#, .tooFewPoints),
            (#"{"type":"MultiPolygon","coordinates":[]}"#, .tooFewPoints),
            (#"{"type":"Polygon","coordinates":[[[0,0],[0,1],[0,0]]]}"#, .tooFewPoints),
            (#"{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[1,0]]]}"#, .ringNotClosed),
            (#"{"type":"Polygon","coordinates":[[[0,0],[0,1],["1",1],[0,0]]]}"#, .malformedCoordinates),
            (#"{"type":"Polygon","coordinates":[[[0,0],[0,91],[1,1],[0,0]]]}"#, .outOfRange),
        ] as [(String, MultiPolygon.Flaw)])
    func `a geometry that is no boundary is refused`(json: String, flaw: MultiPolygon.Flaw) throws {
        let value = try JSONReader.read(Array(json.utf8)).value
        #expect(throws: flaw) { try MultiPolygon(geoJSON: value) }
    }

    @Test func `a boundary is written and read back`() throws {
        for boundary in Self.boundaries.values {
            var writer = JSONWriter()
            boundary.write(to: &writer)
            #expect(try MultiPolygon(geoJSON: JSONReader.read(writer.bytes).value) == boundary)
        }
    }
}
