package import FoundationEssentials

/// How the place of a report became known.
package enum LocationSource: String, Hashable, Sendable, Codable, CaseIterable {
    /// A point with an accuracy, as a phone measures it.
    case gps
    /// A point set by hand.
    case pin
    /// The centre of the area that was named.
    case area
    /// The centre of the area that the address names.
    case address
    case none
}

/// Who may read a report.
package enum Visibility: String, Hashable, Sendable, Codable, CaseIterable {
    case `public`, `private`
}

/// The area of a report, as answers and events tell it.
package struct ReportArea: Hashable, Sendable {
    package var code: AreaCode
    package var name: String
    package var district: String
    package var isApproximate: Bool

    package init(code: AreaCode, name: String, district: String, isApproximate: Bool) {
        self.code = code
        self.name = name
        self.district = district
        self.isApproximate = isApproximate
    }

    package init(_ area: Area, isApproximate: Bool) {
        self.init(code: area.code, name: area.name, district: area.district, isApproximate: isApproximate)
    }

    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("code", code)
            $0.member("name", name)
            $0.member("district", district)
            $0.member("approximate", isApproximate)
        }
    }
}

/// What was reported, as the agency that gets it may know it: never who reported it.
package struct ReportContent: Hashable, Sendable {
    package struct Media: Hashable, Sendable {
        /// Relative to the front door.
        package var url: String
        package var contentType: String

        package init(url: String, contentType: String) {
            self.url = url
            self.contentType = contentType
        }

        /// A report's `n`th photo, in the size that pages show.
        package init(photo n: Int, of report: UUID) {
            self.init(url: "/media/\(report.text)/\(n)/web", contentType: "image/jpeg")
        }
    }

    package var id: UUID
    package var trackingCode: String
    package var description: String
    package var location: Coordinate?
    package var accuracyMetres: Double?
    package var locationSource: LocationSource
    package var area: ReportArea?
    package var address: String?
    package var rt: String?
    package var rw: String?
    package var landmark: String?
    package var media: [Media]
    package var observedAt: Timestamp?
    package var visibility: Visibility
    /// The answers to what the city asks of the category, by the questions' codes.
    package var answers: JSONValue?

    package init(
        id: UUID, trackingCode: String, description: String, location: Coordinate?, accuracyMetres: Double? = nil,
        locationSource: LocationSource, area: ReportArea?, address: String? = nil, rt: String? = nil,
        rw: String? = nil, landmark: String? = nil, media: [Media] = [], observedAt: Timestamp? = nil,
        visibility: Visibility, answers: JSONValue? = nil
    ) {
        self.id = id
        self.trackingCode = trackingCode
        self.description = description
        self.location = location
        self.accuracyMetres = accuracyMetres
        self.locationSource = locationSource
        self.area = area
        self.address = address
        self.rt = rt
        self.rw = rw
        self.landmark = landmark
        self.media = media
        self.observedAt = observedAt
        self.visibility = visibility
        self.answers = answers
    }
}
