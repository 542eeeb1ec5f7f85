/// A kelurahan; its centre is good to about 100 m.
package struct Area: Hashable, Sendable, Codable {
    package var code: AreaCode
    package var name: String
    /// Other ways in which people write the name.
    package var spellings: [String]
    package var district: String
    package var districtCode: String
    package var postcode: String
    package var lat: Double
    package var lng: Double

    package init(
        code: AreaCode, name: String, spellings: [String] = [], district: String, districtCode: String,
        postcode: String, lat: Double, lng: Double
    ) {
        self.code = code
        self.name = name
        self.spellings = spellings
        self.district = district
        self.districtCode = districtCode
        self.postcode = postcode
        self.lat = lat
        self.lng = lng
    }

    package var centre: Coordinate { Coordinate(lat: lat, lon: lng) }
}

// Absent members take their defaults.
extension Area {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            code: try values.decode(AreaCode.self, forKey: .code),
            name: try values.decode(String.self, forKey: .name),
            spellings: try values.decodeIfPresent([String].self, forKey: .spellings) ?? [],
            district: try values.decode(String.self, forKey: .district),
            districtCode: try values.decode(String.self, forKey: .districtCode),
            postcode: try values.decodeIfPresent(String.self, forKey: .postcode) ?? "",
            lat: try values.decode(Double.self, forKey: .lat),
            lng: try values.decode(Double.self, forKey: .lng))
    }
}
