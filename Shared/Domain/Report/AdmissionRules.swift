internal import FoundationEssentials

/// Judges a report that was sent: every fault at once, or what may be stored.
package enum AdmissionRules {
    /// How far a sender's clock may be ahead.
    package static let clockSkewSeconds = 300
    /// How long ago something may have been seen, in days.
    package static let maximumAgeDays = 366
    package static let maximumMedia = 10
    package static let maximumAttributeDepth = 5
    package static let maximumAttributeBytes = 8_192

    static let address = TextRule(maximum: 500)
    static let landmark = TextRule(maximum: 300)
    package static let externalID = TextRule(maximum: 200)
    static let personName = TextRule(maximum: 200)
    static let consentVersion = TextRule(maximum: 64)

    struct Place {
        var point: Coordinate?
        var source = LocationSource.none
        var area: ReportArea?
    }

    /// - Parameters:
    ///   - basis: on what ground the sender gives personal data; with any but consent the report needs to bring none.
    ///   - now: the moment of the request, for the times in it.
    package static func validate(
        _ draft: ReportDraft, city: City, places: PlaceIndex, basis: LegalBasis = .consent, now: Timestamp
    ) -> Result<AdmittedReport, Faults> {
        var check = Check(faults: draft.faults, now: now)
        // A body that is no object has this one fault.
        if let fault = draft.faults.first, fault.code == .notAnObject, fault.pointer.isEmpty {
            return .failure(Faults([fault]))
        }
        let category = check.category(draft, city)
        check.description(draft.description)
        check.text(draft.address, address, at: "/address")
        check.text(draft.landmark, landmark, at: "/landmark")
        check.text(draft.externalID, externalID, at: "/external_id")
        check.neighbourhood(draft.rt, at: "/rt")
        check.neighbourhood(draft.rw, at: "/rw")
        check.observed(draft.observedAt)
        let media = check.media(draft.media)
        let ground = check.reporter(draft.reporter, city, basis)
        check.attributes(draft.attributes, of: category)
        let visibility = check.visibility(draft.visibility)
        let place = check.place(draft, city, places)
        guard check.faults.isEmpty else { return .failure(Faults(check.faults)) }
        var admitted = AdmittedReport(
            draft, category: category, place: place,
            // What is sensitive stays private: the reporter may hide more, never show more.
            visibility: category?.sensitive == true ? .private : visibility, media: media)
        if let reporter = admitted.reporter, reporter.isEmpty { admitted.reporter = nil }
        admitted.ground = ground
        return .success(admitted)
    }
}

/// Gathers faults; one place gets one.
private struct Check {
    var faults: [Fault]
    let now: Timestamp

    mutating func add(_ code: FaultCode, at pointer: String, _ subject: String = "") {
        guard !isFaulty(pointer) else { return }
        faults.append(Fault(code, at: pointer, subject))
    }

    func isFaulty(_ pointer: String) -> Bool { faults.contains { $0.pointer == pointer } }

    mutating func text(_ text: String?, _ rule: TextRule, at pointer: String) {
        guard let text, let (code, bound) = rule.violation(in: text) else { return }
        add(code, at: pointer, bound)
    }

    mutating func description(_ description: String?) {
        if description == nil { add(.required, at: "/description") }
        text(description, .description, at: "/description")
    }

    mutating func category(_ draft: ReportDraft, _ city: City) -> Category? {
        guard let code = draft.category else {
            if draft.subtype != nil, !isFaulty("/category") { add(.subtypeWithoutCategory, at: "/subtype") }
            return nil
        }
        guard let category = city.category(code) else {
            add(.unknownCategory, at: "/category", String(code.rawValue.prefix(100)))
            return nil
        }
        if let subtype = draft.subtype, category.subtype(subtype) == nil {
            add(.unknownSubtype, at: "/subtype", String(subtype.rawValue.prefix(100)))
        }
        return category
    }

    mutating func neighbourhood(_ number: String?, at pointer: String) {
        guard let number else { return }
        let isNumber =
            (1...3).contains(number.utf8.count)
            && number.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        if !isNumber { add(.malformedNeighbourhood, at: pointer) }
    }

    mutating func observed(_ moment: Timestamp?) {
        guard let moment else { return }
        if moment > now.adding(seconds: AdmissionRules.clockSkewSeconds) { add(.timeInFuture, at: "/observed_at") }
        if moment < now.adding(seconds: -AdmissionRules.maximumAgeDays * 86_400) {
            add(.timeTooOld, at: "/observed_at", "\(AdmissionRules.maximumAgeDays)")
        }
    }

    /// The ids that `POST /v1/media` gave, each once; whether they are there, the store knows.
    mutating func media(_ ids: [String]) -> [UUID] {
        if ids.count > AdmissionRules.maximumMedia { add(.tooMany, at: "/media", "\(AdmissionRules.maximumMedia)") }
        var media: [UUID] = []
        for (index, text) in ids.enumerated().prefix(AdmissionRules.maximumMedia) {
            if let id = UUID(text: text), !media.contains(id) {
                media.append(id)
            } else {
                add(.unknownMedia, at: "/media/\(index)")
            }
        }
        return media
    }

    /// - Returns: why the data may be kept; nil where there are none, or they may not.
    mutating func reporter(_ reporter: ReportDraft.Reporter?, _ city: City, _ basis: LegalBasis) -> DataGround? {
        guard let reporter, !reporter.isEmpty || reporter.mayContact else { return nil }
        if reporter.mayContact, reporter.phone == nil { add(.required, at: "/reporter/phone") }
        text(reporter.name, AdmissionRules.personName, at: "/reporter/name")
        if let phone = reporter.phone, !ContactForm.isPhone(phone) { add(.malformedPhone, at: "/reporter/phone") }
        if let email = reporter.email, !ContactForm.isEmail(email) { add(.malformedEmail, at: "/reporter/email") }
        text(reporter.consentVersion, AdmissionRules.consentVersion, at: "/reporter/consent/version")
        return ground(of: reporter, city, basis)
    }

    private mutating func ground(
        of reporter: ReportDraft.Reporter, _ city: City, _ basis: LegalBasis
    ) -> DataGround? {
        let isConsentFaulty = faults.contains { $0.pointer.hasPrefix("/reporter/consent") }
        guard let at = reporter.consentAt, let version = reporter.consentVersion else {
            if isConsentFaulty { return nil }
            // Kept as long as what is given today with consent; a city that asks for no consent takes no such data.
            if basis != .consent, let days = city.consent?.retentionDays {
                return DataGround(version: "basis:\(basis.rawValue)", at: now, retentionDays: days)
            }
            add(.consentRequired, at: "/reporter/consent")
            return nil
        }
        if at > now.adding(seconds: AdmissionRules.clockSkewSeconds) { add(.timeInFuture, at: "/reporter/consent/at") }
        guard let consent = city.consent(version) else {
            add(.unknownConsent, at: "/reporter/consent/version", city.consents.map(\.version).joined(separator: ", "))
            return nil
        }
        return DataGround(version: version, at: at, retentionDays: consent.retentionDays)
    }

    mutating func visibility(_ text: String?) -> Visibility {
        guard let text else { return .public }
        guard let visibility = Visibility(rawValue: text) else {
            add(.unknownVisibility, at: "/visibility")
            return .private
        }
        return visibility
    }

    mutating func attributes(_ attributes: JSONValue?, of category: Category?) {
        guard let attributes else { return }
        var writer = JSONWriter()
        attributes.write(to: &writer)
        if writer.bytes.count > AdmissionRules.maximumAttributeBytes {
            return add(.attributesTooLarge, at: "/attributes", "\(AdmissionRules.maximumAttributeBytes)")
        }
        inspect(attributes, at: "/attributes", depth: 1)
        for fault in category?.faults(of: attributes) ?? [] { add(fault.code, at: fault.pointer, fault.subject) }
    }

    private mutating func inspect(_ value: JSONValue, at pointer: String, depth: Int) {
        switch value {
        case .string(let text):
            if TextRule.hasControlCharacter(text) { add(.controlCharacter, at: pointer) }
        case .array(let elements):
            guard isShallow(depth) else { return }
            for (index, element) in elements.enumerated() {
                inspect(element, at: "\(pointer)/\(index)", depth: depth + 1)
            }
        case .object(let members):
            guard isShallow(depth) else { return }
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                let place = pointer + Fault.step(name)
                if TextRule.hasControlCharacter(name) { add(.controlCharacter, at: place) }
                inspect(member, at: place, depth: depth + 1)
            }
        default: break
        }
    }

    private mutating func isShallow(_ depth: Int) -> Bool {
        if depth <= AdmissionRules.maximumAttributeDepth { return true }
        add(.attributesTooDeep, at: "/attributes", "\(AdmissionRules.maximumAttributeDepth)")
        return false
    }

    // MARK: Place

    mutating func place(_ draft: ReportDraft, _ city: City, _ places: PlaceIndex) -> AdmissionRules.Place {
        var named: Area?
        if let code = draft.area {
            named = city.area(code)
            if named == nil { add(.unknownArea, at: "/area", String(code.rawValue.prefix(100))) }
        }
        if let location = draft.location {
            guard let point = point(location) else { return AdmissionRules.Place() }
            guard let found = places.locate(point) else {
                add(.outsideCity, at: "/location", city.name.id)
                return AdmissionRules.Place()
            }
            // Whoever names another area than the one that was found corrects it.
            return AdmissionRules.Place(
                point: point, source: location.accuracyMetres == nil ? .pin : .gps,
                area: named.map { ReportArea($0, isApproximate: false) } ?? found)
        }
        if let named {
            return AdmissionRules.Place(
                point: named.centre, source: .area, area: ReportArea(named, isApproximate: false))
        }
        if let address = draft.address {
            guard let area = places.area(inAddress: address) else { return AdmissionRules.Place() }
            return AdmissionRules.Place(
                point: area.centre, source: .address, area: ReportArea(area, isApproximate: false))
        }
        let hasTried = ["/location", "/area", "/address"].contains { tried in
            faults.contains { $0.pointer == tried || $0.pointer.hasPrefix(tried + "/") }
        }
        if !hasTried { add(.noPlace, at: "") }
        return AdmissionRules.Place()
    }

    private mutating func point(_ location: ReportDraft.Location) -> Coordinate? {
        if let accuracy = location.accuracyMetres, !(accuracy >= 0) {
            add(.accuracyOutOfRange, at: "/location/accuracy_m")
        }
        if location.lat == nil { add(.required, at: "/location/lat") }
        if location.lon == nil { add(.required, at: "/location/lon") }
        guard let lat = location.lat, let lon = location.lon else { return nil }
        if !lat.isFinite { add(.notANumber, at: "/location/lat") }
        if !lon.isFinite { add(.notANumber, at: "/location/lon") }
        if abs(lat) > 90 { add(.latitudeOutOfRange, at: "/location/lat") }
        if abs(lon) > 180 { add(.longitudeOutOfRange, at: "/location/lon") }
        guard abs(lat) <= 90, abs(lon) <= 180 else { return nil }
        return Coordinate(lat: lat, lon: lon)
    }
}

extension ReportDraft.Reporter {
    /// Whether there is nothing of a person in it.
    package var isEmpty: Bool { name == nil && phone == nil && email == nil }
}
