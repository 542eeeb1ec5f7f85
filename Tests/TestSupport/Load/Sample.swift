package import Domain

/// Reports as tests send them.
package enum Sample {
    /// A category with the agency that its reports go to; triage for none.
    package static let ways: [(category: String?, subtype: String?, agency: String)] = [
        ("sampah", nil, "dlhk"), ("parkir_liar", nil, "dishub"), ("lampu_rambu", "lampu_jalan", "pupr"),
        ("lampu_rambu", "rambu", "dishub"), ("iklan_liar", nil, "satpolpp"), ("orang_hilang", nil, "dinsos"),
        ("fogging_dbd", nil, "dinkes"), ("kebakaran", nil, "damkar"), (nil, nil, "kominfo"),
    ]
    package static let areas = ["53.71.01.1001", "53.71.04.1008", "53.71.02.1001"]

    package static func report(
        _ category: String? = "sampah", subtype: String? = nil,
        _ description: String = "Sampah menumpuk di pinggir jalan"
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "description": .string(description), "location": ["lat": -10.1583, "lon": 123.6070],
        ]
        if let category { members["category"] = .string(category) }
        if let subtype { members["subtype"] = .string(subtype) }
        return .object(members)
    }

    /// The `n`th of a long row: all kinds, some places, and texts that are awkward to carry.
    package static func report(number n: Int) -> (body: JSONValue, agency: String) {
        let way = n % 3 == 0 ? ways[0] : ways[(n / 3) % ways.count]
        let awkward = n % 7 == 0 ? " “kutip” \\ \u{1F525}\n\tbaris dua </script>" : ""
        guard case .object(var members) = report(way.category, subtype: way.subtype, "Laporan nomor \(n)\(awkward)")
        else { return (.null, way.agency) }
        if n % 5 == 0 {
            members["location"] = nil
            members["area"] = .string(areas[(n / 5) % areas.count])
        }
        return (.object(members), way.agency)
    }
}

extension JSONValue {
    /// The object with a member set, or removed.
    package func setting(_ name: String, _ value: JSONValue?) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members[name] = value
        return .object(members)
    }
}
