/// The columns of a CSV upload, by its header row: each is a member of the report's JSON, with dots between the names.
///
/// A row gives the report that the JSON object would. An empty cell is a member that is absent. Numbers and booleans are
/// read as such where the column is one; `media` holds ids apart by spaces; `attributes` a JSON object, and
/// `attributes.NAME` one of its members, which is a number or a boolean where the row's category asks for one.
package struct ReportColumns: Hashable, Sendable {
    private enum Kind: Hashable {
        case text, number, flag, list, json, answer
    }

    private struct Column: Hashable {
        var path: [String]
        var kind: Kind
    }

    /// Why a row gives no report.
    package enum Unreadable: Error, Hashable, Sendable {
        /// It has this many cells, and the header another number.
        case cells(Int)
        /// It is no UTF-8.
        case encoding
    }

    private static let kinds: [String: Kind] = [
        "category": .text, "subtype": .text, "description": .text, "location.lat": .number, "location.lon": .number,
        "location.accuracy_m": .number, "area": .text, "address": .text, "rt": .text, "rw": .text, "landmark": .text,
        "external_id": .text, "observed_at": .text, "media": .list, "reporter.name": .text, "reporter.phone": .text,
        "reporter.email": .text, "reporter.consent.version": .text, "reporter.consent.at": .text,
        "reporter.consent.contact": .flag, "visibility": .text, "attributes": .json,
    ]
    private static let attribute = "attributes."
    /// More than any report has.
    private static let most = 100

    private let columns: [Column]

    /// How many cells a row has.
    package var count: Int { columns.count }

    /// Reads the header row. Throws every column that is not known or stands there twice.
    package init(header: [[UInt8]]) throws(Faults) {
        var (columns, faults, seen): ([Column], [Fault], Set<String>) = ([], [], [])
        for cell in header.prefix(Self.most) {
            let name = String(decoding: cell, as: UTF8.self)
            let shown = String(name.prefix(100))
            guard let kind = Self.kind(of: name) else {
                faults.append(Fault(.unknownColumn, at: Fault.step(shown), shown))
                continue
            }
            // Both would say what the report's attributes are.
            let isTaken = kind == .answer && seen.contains("attributes")
            let takesOthers = kind == .json && seen.contains { $0.hasPrefix(Self.attribute) }
            if !seen.insert(name).inserted || isTaken || takesOthers {
                faults.append(Fault(.duplicateMember, at: Fault.step(shown), shown))
            }
            columns.append(Column(path: Self.path(of: name, kind), kind: kind))
        }
        if header.count > Self.most { faults.append(Fault(.tooMany, at: "", Self.most)) }
        if !faults.isEmpty { throw Faults(faults) }
        self.columns = columns
    }

    private static func kind(of name: String) -> Kind? {
        if let kind = kinds[name] { return kind }
        return name.hasPrefix(attribute) && name.utf8.count > attribute.utf8.count ? .answer : nil
    }

    private static func path(of name: String, _ kind: Kind) -> [String] {
        if kind == .answer { return ["attributes", String(name.dropFirst(attribute.count))] }
        return name.split(separator: ".").map(String.init)
    }

    /// The report of a row, decoded but not judged.
    ///
    /// - Parameter city: what its categories ask tells the kinds of the answers.
    package func draft(of cells: [[UInt8]], in city: City) throws(Unreadable) -> ReportDraft {
        guard cells.count == columns.count else { throw .cells(cells.count) }
        var texts: [String] = []
        for cell in cells {
            guard let text = String(validating: cell, as: UTF8.self) else { throw .encoding }
            texts.append(text.utf8.contains(UInt8(ascii: "\r")) ? text.replacing("\r\n", with: "\n") : text)
        }
        let category = columns.firstIndex { $0.path == ["category"] }
            .flatMap { city.category(CategoryCode(rawValue: texts[$0])) }
        var members: [String: JSONValue] = [:]
        for (column, text) in zip(columns, texts) where !text.isEmpty {
            Self.set(Self.value(text, of: column, category), at: column.path[...], in: &members)
        }
        return ReportDraft(JSONReader.Reading(value: .object(members), faults: []))
    }

    private static func set(_ value: JSONValue, at path: ArraySlice<String>, in members: inout [String: JSONValue]) {
        guard let name = path.first else { return }
        if path.count == 1 {
            members[name] = value
        } else {
            var inner: [String: JSONValue] = [:]
            if case .object(let there) = members[name] { inner = there }
            set(value, at: path.dropFirst(), in: &inner)
            members[name] = .object(inner)
        }
    }

    /// What is no number where one belongs stays a text, whose fault tells its place.
    private static func value(_ text: String, of column: Column, _ category: Category?) -> JSONValue {
        switch column.kind {
        case .text: return .string(text)
        case .number: return number(text)
        case .flag: return flag(text)
        case .list: return .array(text.split(separator: " ").map { .string(String($0)) })
        case .json: return json(text) ?? .string(text)
        case .answer:
            let code = column.path.last
            switch category?.questions.first(where: { $0.code.rawValue == code })?.kind {
            case .number: return number(text)
            case .yesNo: return flag(text)
            case .choice, .text, nil: return .string(text)
            }
        }
    }

    private static func number(_ text: String) -> JSONValue {
        switch json(text) {
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        default: .string(text)
        }
    }

    private static func flag(_ text: String) -> JSONValue {
        switch text {
        case "true": .bool(true)
        case "false": .bool(false)
        default: .string(text)
        }
    }

    private static func json(_ text: String) -> JSONValue? {
        guard let reading = try? JSONReader.read(Array(text.utf8)), reading.faults.isEmpty else { return nil }
        return reading.value
    }
}
