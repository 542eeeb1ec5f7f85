package import Domain

/// A GeoJSON file with the true boundaries of a city's areas.
package enum BoundaryFile {
    /// Something wrong in the file; `feature` counts from 0 and is nil for the file as a whole.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        package var feature: Int?
        package var message: String

        package var description: String { feature.map { "feature \($0): \(message)" } ?? message }
    }

    package struct Faults: Error, Hashable, Sendable {
        package var list: [Fault]
    }

    /// Members of a feature's properties that may hold the area's code or name, in the order in which they are tried.
    private static let codeMembers = ["kode", "code", "kode_kelurahan", "kd_kelurahan", "id"]
    private static let nameMembers = ["nama", "name", "kelurahan", "nama_kelurahan"]

    /// Reads a FeatureCollection (RFC 7946) and finds the area of every feature, by its code or else by its name.
    ///
    /// Refused, with all faults at once: a feature of no known area or with no proper polygon, two features of one
    /// area, an area without a feature, and a boundary that is nowhere near its area's centre.
    package static func read(_ bytes: [UInt8], city: City) -> Result<[AreaCode: MultiPolygon], Faults> {
        let reading: JSONReader.Reading
        do {
            reading = try JSONReader.read(bytes)
        } catch {
            return .failure(Faults(list: [Fault(message: "no JSON from byte \(error.offset) on")]))
        }
        guard reading.value["type"] == .string("FeatureCollection"),
            case .array(let features)? = reading.value["features"]
        else { return .failure(Faults(list: [Fault(message: "not a GeoJSON FeatureCollection")])) }
        var faults = reading.faults.map { Fault(message: "\($0.pointer): \($0.message(.english))") }
        var boundaries: [AreaCode: MultiPolygon] = [:]
        for (index, feature) in features.enumerated() {
            do throws(Fault) {
                let (area, boundary) = try read(feature, city)
                if boundaries.updateValue(boundary, forKey: area.code) != nil {
                    throw Fault(message: "a second boundary of \(area.code) \(area.name)")
                }
            } catch {
                faults.append(Fault(feature: index, message: error.message))
            }
        }
        if faults.isEmpty {
            for area in city.areas where boundaries[area.code] == nil {
                faults.append(Fault(message: "no boundary of \(area.code) \(area.name)"))
            }
        }
        return faults.isEmpty ? .success(boundaries) : .failure(Faults(list: faults))
    }

    private static func read(_ feature: JSONValue, _ city: City) throws(Fault) -> (Area, MultiPolygon) {
        guard let geometry = feature["geometry"] else { throw Fault(message: "has no geometry") }
        let area = try area(of: feature, city)
        let boundary: MultiPolygon
        do {
            boundary = try MultiPolygon(geoJSON: geometry)
        } catch {
            throw Fault(message: "\(area.name): \(describe(error))")
        }
        let nearest = boundary.polygons.joined().joined().map { $0.metres(to: area.centre) }.min() ?? .infinity
        guard nearest <= Double(city.limits.centreMetres) else {
            throw Fault(
                message: "\(area.name): \(Int(nearest)) m from the area's centre; are longitude and latitude swapped?")
        }
        return (area, boundary)
    }

    private static func area(of feature: JSONValue, _ city: City) throws(Fault) -> Area {
        let texts = { (members: [String]) in
            members.compactMap { name -> String? in
                if case .string(let text)? = feature["properties"]?[name] { text } else { nil }
            }
        }
        var codes = texts(codeMembers)
        if case .string(let id)? = feature["id"] { codes.append(id) }
        for code in codes {
            if let area = city.area(AreaCode(code)) { return area }
        }
        let names = texts(nameMembers)
        for name in names.map({ $0.lowercased() }) {
            let matches = city.areas.filter { ([$0.name] + $0.spellings).contains { $0.lowercased() == name } }
            if let area = matches.first, matches.count == 1 { return area }
        }
        guard let given = codes.first ?? names.first else {
            throw Fault(
                message: "its properties have neither a code (\(codeMembers[0])) nor a name (\(nameMembers[0]))")
        }
        throw Fault(message: "no area of \(city.name.en) is “\(given)”\(names.first.map { " (\($0))" } ?? "")")
    }

    private static func describe(_ flaw: MultiPolygon.Flaw) -> String {
        switch flaw {
        case .notAPolygon: "its geometry is no Polygon or MultiPolygon"
        case .malformedCoordinates: "its coordinates are not numbers in rings"
        case .tooFewPoints: "a ring has fewer than four points"
        case .ringNotClosed: "a ring does not end where it begins"
        case .outOfRange: "a point lies outside the earth"
        }
    }
}
