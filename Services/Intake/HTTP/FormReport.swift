internal import Domain
internal import Pages
internal import Runtime

/// The form's fields as a report, with what could not be read in them.
enum FormReport {
    static func draft(_ values: ReportForm.Values, in city: City) -> ReportDraft {
        var draft = ReportDraft()
        draft.category = values.reportCategory
        // A form offers "Lainnya / tidak tahu" for who does not know; nothing chosen is an oversight.
        if values.category == nil { draft.faults.append(Fault(.required, at: "/category")) }
        draft.subtype = values.subtype.map { SubtypeCode(rawValue: $0) }
        draft.description = lines(values.description)
        draft.area = values.area.map { AreaCode(rawValue: $0) }
        draft.address = values.address
        draft.rt = values.rt
        draft.rw = values.rw
        draft.landmark = values.landmark
        draft.reporter = reporter(values, &draft.faults)
        draft.visibility = values.isPrivate ? Visibility.private.rawValue : nil
        draft.attributes = answers(values, to: draft.category.flatMap { city.category($0) })
        if values.latitude != nil || values.longitude != nil {
            draft.location = ReportDraft.Location(
                lat: number(values.latitude, "/location/lat", &draft.faults),
                lon: number(values.longitude, "/location/lon", &draft.faults),
                accuracyMetres: number(values.accuracy, "/location/accuracy_m", &draft.faults))
        }
        return draft
    }

    private static func reporter(_ values: ReportForm.Values, _ faults: inout [Fault]) -> ReportDraft.Reporter? {
        var reporter = ReportDraft.Reporter(
            name: values.name, phone: values.phone, email: values.email, consentVersion: values.consent,
            mayContact: values.mayContact)
        guard !reporter.isEmpty || reporter.mayContact else { return nil }
        // What is agreed to is agreed to when the form is sent; a form that is sent twice says the same both times.
        if let written = values.consentAt {
            reporter.consentAt = Timestamp(rfc3339: written)
            if reporter.consentAt == nil { faults.append(Fault(.malformedTime, at: "/reporter/consent/at")) }
        }
        return reporter
    }

    /// What was answered of what the chosen category asks; nil without any.
    private static func answers(_ values: ReportForm.Values, to category: Category?) -> JSONValue? {
        guard let category else { return nil }
        var answers: [String: JSONValue] = [:]
        for question in category.questions {
            guard let text = values.answers[question.fieldName(in: category.code)] else { continue }
            answers[question.code.rawValue] = question.answer(typed: text)
        }
        return answers.isEmpty ? nil : .object(answers)
    }

    /// A form sends line ends as CR LF; a report keeps them as LF, whichever door it came by.
    private static func lines(_ text: String) -> String {
        text.replacing("\r\n", with: "\n")
    }

    private static func number(_ text: String?, _ pointer: String, _ faults: inout [Fault]) -> Double? {
        guard let text else { return nil }
        guard let number = Double(text), number.isFinite else {
            faults.append(Fault(.notANumber, at: pointer))
            return nil
        }
        return number
    }
}
