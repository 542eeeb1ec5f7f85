internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime

// Where much comes over one line, a form that was filled in faster than anybody can is asked to be confirmed. It works
// without scripts, it is read out like any other page, and nobody is refused.
extension CitizenRoutes {
    /// The page with the second step; nil where the report may be stored now.
    func secondStep(
        before report: AdmittedReport, _ form: PostedForm, key: UUID, _ request: Request, from sender: Sender,
        _ city: ServedCity
    ) -> Response? {
        guard limits.take(sender, isUrgent: report.isUrgent) != .passed else { return nil }
        let (now, fields) = (clock(), form.fields)
        let posted = fields[ReportCheck.stampField]
        let stamp: String
        var isEarly = false
        switch formTime.judge(posted, for: key, at: now) {
        case .passed: return nil
        // The same stamp once more: it is good as soon as its time has passed.
        case .early: (stamp, isEarly) = (posted ?? "", fields[ReportCheck.confirmedField] != nil)
        case .unknown: stamp = formTime.stamp(for: key, at: now)
        }
        let page = ReportCheck(
            frame: frame(request, city),
            fields: fields.fields.map { ReportCheck.Field(name: $0.name, value: $0.value) },
            category: report.category, subtype: report.subtype, area: report.area, description: report.description,
            idempotencyKey: key.text, stamp: stamp, isEarly: isEarly, hasLostPhotos: !form.photos.isEmpty)
        return self.page(page, request)
    }
}
