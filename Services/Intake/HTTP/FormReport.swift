internal import Domain
internal import Pages
internal import Runtime

/// The form's fields as a report, with what could not be read in them.
enum FormReport {
    static func draft(_ values: ReportForm.Values) -> ReportDraft {
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
        draft.visibility = values.isPrivate ? Visibility.private.rawValue : nil
        if values.latitude != nil || values.longitude != nil {
            draft.location = ReportDraft.Location(
                lat: number(values.latitude, "/location/lat", &draft.faults),
                lon: number(values.longitude, "/location/lon", &draft.faults),
                accuracyMetres: number(values.accuracy, "/location/accuracy_m", &draft.faults))
        }
        return draft
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
