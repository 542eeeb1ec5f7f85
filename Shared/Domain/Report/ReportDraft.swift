internal import Crypto

/// A report as it was sent, decoded but not judged; `AdmissionRules` judges it.
package struct ReportDraft: Hashable, Sendable {
    package struct Location: Hashable, Sendable {
        package var lat: Double?
        package var lon: Double?
        package var accuracyMetres: Double?

        package init(lat: Double?, lon: Double?, accuracyMetres: Double? = nil) {
            self.lat = lat
            self.lon = lon
            self.accuracyMetres = accuracyMetres
        }
    }

    /// Who reported, and that they agreed to our knowing it.
    package struct Reporter: Hashable, Sendable {
        package var name: String?
        package var phone: String?
        package var email: String?
        /// Which text was agreed to, and when.
        package var consentVersion: String?
        package var consentAt: Timestamp?
        /// Whether the agency may call about this report: a consent of its own.
        package var mayContact: Bool

        package init(
            name: String? = nil, phone: String? = nil, email: String? = nil, consentVersion: String? = nil,
            consentAt: Timestamp? = nil, mayContact: Bool = false
        ) {
            self.name = name
            self.phone = phone
            self.email = email
            self.consentVersion = consentVersion
            self.consentAt = consentAt
            self.mayContact = mayContact
        }
    }

    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var description: String?
    package var location: Location?
    package var area: AreaCode?
    package var address: String?
    package var rt: String?
    package var rw: String?
    package var landmark: String?
    package var externalID: String?
    package var observedAt: Timestamp?
    package var media: [String] = []
    /// The SHA-256 of photos that came in the same request, which name no upload.
    package var photoHashes: [String] = []
    package var reporter: Reporter?
    package var visibility: String?
    package var attributes: JSONValue?
    /// What could not be decoded.
    package var faults: [Fault] = []

    package init() {}

    /// Decodes the body of `POST /v1/reports`; throws only for what is no JSON.
    package static func read(_ body: [UInt8]) throws(JSONReader.Unreadable) -> ReportDraft {
        ReportDraft(try JSONReader.read(body))
    }

    /// Decodes what was read as JSON, or made into it.
    package init(_ reading: JSONReader.Reading) {
        var reader = MemberReader(reading)
        var draft = ReportDraft()
        draft.category = reader.code("category").map { CategoryCode($0) }
        draft.subtype = reader.code("subtype").map { SubtypeCode($0) }
        draft.description = reader.code("description")
        draft.location = reader.object("location") { inner in
            Location(
                lat: inner.number("lat"), lon: inner.number("lon"), accuracyMetres: inner.number("accuracy_m"))
        }
        draft.area = reader.code("area").map { AreaCode($0) }
        draft.address = reader.code("address")
        draft.rt = reader.codeOrWhole("rt")
        draft.rw = reader.codeOrWhole("rw")
        draft.landmark = reader.code("landmark")
        draft.externalID = reader.code("external_id")
        draft.observedAt = reader.time("observed_at")
        draft.media = reader.strings("media")
        draft.reporter = reader.object("reporter", Self.readReporter)
        draft.visibility = reader.code("visibility")
        draft.attributes = reader.object("attributes") { _ in true }.flatMap { _ in reader.value("attributes") }
        draft.faults = reader.faults
        self = draft
    }

    private static func readReporter(_ reader: inout MemberReader) -> Reporter? {
        var reporter = Reporter(
            name: reader.code("name"), phone: reader.code("phone"), email: reader.code("email"))
        _ = reader.object("consent") { consent in
            reporter.consentVersion = consent.code("version")
            reporter.consentAt = consent.time("at")
            reporter.mayContact = consent.flag("contact") ?? false
            return true
        }
        return reporter
    }
}

extension ReportDraft {
    /// The SHA-256 of the canonical form: the same for who sends the same report again.
    package var requestHash: [UInt8] { Array(SHA256.hash(data: canonical)) }

    /// The decoded request in one canonical form: whoever sends the same report again, in other words of JSON or with
    /// other members that we ignore, gives the same bytes.
    package var canonical: [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.object {
            $0.member("category", category)
            $0.member("subtype", subtype)
            $0.member("description", description)
            $0.key("location")
            $0.array { writer in
                for number in [location?.lat, location?.lon, location?.accuracyMetres] {
                    if let number { writer.value(number) } else { writer.null() }
                }
            }
            $0.member("area", area)
            $0.member("address", address)
            $0.member("rt", rt)
            $0.member("rw", rw)
            $0.member("landmark", landmark)
            $0.member("external_id", externalID)
            $0.member("observed_at", observedAt?.microseconds)
            $0.key("media")
            $0.array { writer in for id in media + photoHashes { writer.value(id) } }
            $0.key("reporter")
            $0.array { writer in
                for text in [reporter?.name, reporter?.phone, reporter?.email, reporter?.consentVersion] {
                    if let text { writer.value(text) } else { writer.null() }
                }
                if let at = reporter?.consentAt { writer.value(at.microseconds) } else { writer.null() }
                // Only where it is said: whoever never heard of it sends the same as before.
                if reporter?.mayContact == true { writer.value(true) }
            }
            $0.member("visibility", visibility)
            $0.member("attributes", attributes)
        }
        return writer.bytes
    }
}

extension MemberReader {
    /// A string, or a whole number, which people who fill in RT and RW by program like to send.
    fileprivate mutating func codeOrWhole(_ name: String) -> String? {
        if case .int(let number)? = value(name) { return String(number) }
        return code(name)
    }

    fileprivate mutating func strings(_ name: String) -> [String] {
        var strings: [String] = []
        for (index, element) in elements(name).enumerated() {
            if case .string(let text) = element {
                strings.append(text)
            } else {
                add(Fault(.notAString, at: Fault.step(name) + "/\(index)"))
            }
        }
        return strings
    }
}
