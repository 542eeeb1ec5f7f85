internal import Domain
internal import FoundationEssentials
internal import Pages
internal import Runtime

/// A posted request, read: what admission judges, and what goes with it.
struct Open311Post: Sendable {
    private(set) var draft = ReportDraft()
    /// Photos in the body, under the names that clients give them.
    let files: [ArraySlice<UInt8>]
    /// Addresses of photos to be fetched.
    let addresses: [String]
    /// Whether something of a person in it is left out. The standard knows no consent to our keeping it, so names and
    /// numbers are kept only of a sender that has another legal basis, and a device's or an account's never.
    let leavesPersonOut: Bool

    private static let ofReporter = ["email", "first_name", "last_name", "phone"]
    private static let ofDevice = ["device_id", "account_id"]

    /// - Parameters:
    ///   - basis: on what ground personal data come from who sends.
    ///   - errors: gets what admission's rules do not know of.
    init(_ posted: PostedForm, in city: City, _ language: Language, basis: LegalBasis, errors: inout Open311Errors) {
        let fields = posted.fields
        files = zip(posted.photos, posted.photoNames).filter { Self.isPhoto($0.1) }.map(\.0)
        addresses = (fields.all("media_url") + fields.all("media_url[]")).filter { !$0.isEmpty }
        let left = basis == .consent ? Self.ofReporter + Self.ofDevice : Self.ofDevice
        leavesPersonOut = left.contains { fields.nonEmpty($0) != nil }
        if basis != .consent, Self.ofReporter.contains(where: { fields.nonEmpty($0) != nil }) {
            let names = [fields.nonEmpty("first_name"), fields.nonEmpty("last_name")].compactMap(\.self)
            draft.reporter = ReportDraft.Reporter(
                name: names.isEmpty ? nil : names.joined(separator: " "), phone: fields.nonEmpty("phone"),
                email: fields.nonEmpty("email"))
        }
        if files.count > Photos.mostInForm {
            errors.add(400, "media: no more than \(Photos.mostInForm) photos.")
        }
        if let code = fields.nonEmpty("service_code") {
            draft.category = CategoryCode(rawValue: code)
        } else {
            errors.add(400, "service_code: it is missing.")
        }
        let category = draft.category.flatMap { city.category($0) }
        readAttributes(fields, of: category, errors: &errors)
        draft.description = description(fields.nonEmpty("description"), of: category, language)
        draft.area = fields.nonEmpty("address_id").map { AreaCode(rawValue: $0) }
        draft.address = fields.nonEmpty("address_string")
        let (lat, long) = (fields.nonEmpty("lat"), fields.nonEmpty("long"))
        if lat != nil || long != nil {
            draft.location = ReportDraft.Location(
                lat: number(lat, "/location/lat"), lon: number(long, "/location/lon"))
        }
        // The same photos are the same request, however often they come.
        draft.photoHashes =
            zip(posted.photoHashes, posted.photoNames).filter { Self.isPhoto($0.1) }.map(\.0) + addresses
    }

    /// `media`, `media[]`, `photo…` and `file_…` are what clients call them.
    static func isPhoto(_ name: String) -> Bool {
        name == "media" || name == "media[]" || name.hasPrefix("photo") || name.hasPrefix("file_")
    }

    /// `attribute[x]` and `attribute[x][]`, by their codes in the order sent; an empty one is an absent one.
    static func attributes(_ fields: FormFields) -> [(code: String, values: [String])] {
        var attributes: [(code: String, values: [String])] = []
        for field in fields.fields where !field.value.isEmpty {
            guard field.name.hasPrefix("attribute["), field.name.hasSuffix("]") else { continue }
            var code = field.name.dropFirst("attribute[".count).dropLast()
            if code.hasSuffix("][") { code = code.dropLast(2) }
            if let known = attributes.firstIndex(where: { $0.code == code }) {
                attributes[known].values.append(field.value)
            } else {
                attributes.append((String(code), [field.value]))
            }
        }
        return attributes
    }

    /// What the service does not ask is left out, as any unknown parameter.
    private mutating func readAttributes(_ fields: FormFields, of category: Category?, errors: inout Open311Errors) {
        guard let category else { return }
        var answers: [String: JSONValue] = [:]
        for (code, values) in Self.attributes(fields) {
            let question = category.questions.first { $0.code.rawValue == code }
            guard question != nil || code == "subtype" && !category.subtypes.isEmpty else { continue }
            guard Set(values).count == 1 else {
                errors.add(400, "attribute[\(code)]: one value only.")
                continue
            }
            if code == "subtype", !category.subtypes.isEmpty {
                draft.subtype = SubtypeCode(rawValue: values[0])
            } else if let question {
                answers[code] = question.answer(typed: Self.typed(values[0], question.kind))
            }
        }
        if !answers.isEmpty { draft.attributes = .object(answers) }
    }

    private static func typed(_ text: String, _ kind: Question.Kind) -> String {
        guard kind == .yesNo else { return text }
        switch text.lowercased() {
        case "true", "1", "yes", "ya": return "true"
        case "false", "0", "no", "tidak": return "false"
        default: return text
        }
    }

    /// Where there is none, or next to none, the service's name says what it is about.
    private func description(_ text: String?, of category: Category?, _ language: Language) -> String? {
        let text = text?.replacing("\r\n", with: "\n")
        if let text, TextRule.description.violation(in: text)?.0 != .tooShort,
            !text.allSatisfy(\.isWhitespace)
        {
            return text
        }
        guard let category else { return text ?? "Open311" }
        let subtype = draft.subtype.flatMap { category.subtype($0) }?.name[language]
        let name = [category.name[language], subtype].compactMap(\.self).joined(separator: ": ")
        guard let text, !text.allSatisfy(\.isWhitespace) else { return name }
        return "\(name): \(text)"
    }

    private mutating func number(_ text: String?, _ pointer: String) -> Double? {
        guard let text else { return nil }
        guard let number = Double(text), number.isFinite else {
            draft.faults.append(Fault(.notANumber, at: pointer))
            return nil
        }
        return number
    }
}

extension Open311Errors {
    /// Everything that admission found wrong, by the names of Open311's parameters.
    mutating func add(_ faults: Faults) {
        for fault in faults.list {
            add(fault.code == .unknownCategory ? 404 : 400, "\(Self.parameter(fault)): \(Self.message(fault))")
        }
    }

    private static func message(_ fault: Fault) -> String {
        switch fault.code {
        case .unknownCategory: "There is no service “\(fault.subject)”."
        case .noPlace: "Where is it? Give one of these."
        default: fault.message(.english)
        }
    }

    private static func parameter(_ fault: Fault) -> String {
        switch fault.pointer {
        case "/category": return "service_code"
        case "/subtype": return "attribute[subtype]"
        case "/location/lat": return "lat"
        case "/location/lon": return "long"
        case "/location": return "lat, long"
        case "/area": return "address_id"
        case "/address": return "address_string"
        case "/reporter/name": return "first_name, last_name"
        case "/reporter/phone", "/reporter/email": return String(fault.pointer.dropFirst("/reporter/".count))
        case "": return "lat and long, address_string, address_id"
        default:
            let attributes = "/attributes/"
            if fault.pointer.hasPrefix(attributes) {
                return "attribute[\(fault.pointer.dropFirst(attributes.count))]"
            }
            return String(fault.pointer.dropFirst().prefix { $0 != "/" })
        }
    }
}
