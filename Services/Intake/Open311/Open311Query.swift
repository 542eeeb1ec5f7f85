internal import Domain
internal import Runtime
internal import Storage

/// What `GET requests` and `GET servicerequestupdates` ask for.
struct Open311Query: Sendable {
    /// Which of the two lists is asked for.
    enum Kind { case requests, updates }

    /// Named requests, which override everything else; empty where none is named. Updates are narrowed by them.
    var codes: [String] = []
    var filter: Open311Filter
    var limit: Int
    var offset: Int
    var isExtended: Bool

    /// Reads the fields of a query; an empty one is an absent one.
    ///
    /// - Parameter errors: gets everything that is wrong; what is read then means nothing.
    init(_ fields: FormFields, of kind: Kind, in city: City, now: Timestamp, errors: inout Open311Errors) {
        codes = Self.values(fields, "service_request_id")
        if codes.count > Open311Store.listLimit {
            errors.add(400, "service_request_id: no more than \(Open311Store.listLimit) at once.")
        }
        isExtended = ["true", "1"].contains(fields.nonEmpty("extensions")?.lowercased())
        filter = Open311Filter(span: Open311Span(from: now, to: now))
        (limit, offset) = (Open311Store.listLimit, 0)
        // Named requests override the rest, so nothing of it is judged.
        if kind == .requests, !codes.isEmpty { return }
        let size = Self.number(fields, "page_size", &errors)
        let page = Self.number(fields, "page", &errors) ?? 1
        limit = min(size ?? limit, limit)
        let (skipped, overflow) = (page - 1).multipliedReportingOverflow(by: limit)
        offset = overflow ? .max : skipped
        if offset >= Open311Store.window {
            errors.add(400, "page: this many pages cannot be turned; ask for narrower dates.")
        }
        filter.span = Self.span(fields, in: city, now: now, bounded: kind == .requests, &errors)
        if kind == .requests { readFilter(fields, in: city, &errors) }
    }

    private mutating func readFilter(_ fields: FormFields, in city: City, _ errors: inout Open311Errors) {
        filter.updatedAfter = Self.moment(fields, "updated_after", in: city, &errors)
        filter.updatedBefore = Self.moment(fields, "updated_before", isEnd: true, in: city, &errors)
        for text in Self.values(fields, "service_code") {
            let code = CategoryCode(rawValue: text)
            guard city.category(code) != nil else {
                errors.add(404, "service_code: there is no service \"\(text.prefix(100))\".")
                continue
            }
            filter.categories.append(code)
        }
        let words = Set(Self.values(fields, "status").map { $0.lowercased() })
        if !words.isSubset(of: ["open", "closed"]) { errors.add(400, "status: open or closed, or both.") }
        if words.count == 1 { filter.isOpen = words.contains("open") }
    }

    private static func span(
        _ fields: FormFields, in city: City, now: Timestamp, bounded: Bool, _ errors: inout Open311Errors
    ) -> Open311Span {
        let known = errors.list.count
        let start = moment(fields, "start_date", in: city, &errors)
        let end = moment(fields, "end_date", isEnd: true, in: city, &errors)
        guard errors.list.count == known else { return Open311Span(from: now, to: now) }
        do throws(Open311Span.Fault) {
            return try Open311Span(start: start, end: end, now: now, isBounded: bounded)
        } catch {
            switch error {
            case .endsBeforeItBegins: errors.add(400, "end_date: it lies before start_date.")
            case .tooLong:
                errors.add(400, "start_date, end_date: no more than \(Open311Span.days) days apart.")
            }
            return Open311Span(from: now, to: now)
        }
    }

    private static func moment(
        _ fields: FormFields, _ name: String, isEnd: Bool = false, in city: City, _ errors: inout Open311Errors
    ) -> Timestamp? {
        guard let text = fields.nonEmpty(name) else { return nil }
        let moment = Open311Span.moment(text, isEnd: isEnd, utcOffset: city.utcOffset)
        if moment == nil { errors.add(400, "\(name): write the time like 2026-11-24T09:05:00+08:00.") }
        return moment
    }

    private static func number(_ fields: FormFields, _ name: String, _ errors: inout Open311Errors) -> Int? {
        guard let text = fields.nonEmpty(name) else { return nil }
        guard let number = Int(text), number > 0 else {
            errors.add(400, "\(name): a whole number from 1 on.")
            return nil
        }
        return number
    }

    /// With commas between them, or the parameter again, or both.
    private static func values(_ fields: FormFields, _ name: String) -> [String] {
        fields.all(name).flatMap { $0.split(separator: ",") }.map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    }
}
