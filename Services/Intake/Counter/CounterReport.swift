internal import Domain
internal import Pages

/// What an officer wrote down, as a report.
enum CounterReport {
    static func draft(_ values: CounterForm.Values, in city: City) -> ReportDraft {
        var draft = FormReport.draft(values.report, in: city)
        guard let via = values.via else {
            draft.faults.append(Fault(.required, at: "/via"))
            return draft
        }
        var attributes: [String: JSONValue] = [:]
        if case .object(let answers)? = draft.attributes { attributes = answers }
        attributes["loket"] = .object(["via": .string(via.rawValue)])
        draft.attributes = .object(attributes)
        return draft
    }
}
