internal import Domain
internal import FoundationEssentials
internal import Hummingbird
internal import Pages
internal import Runtime

// The page between a plain form and its sending; where scripts run, the form itself offers the same.
extension CitizenRoutes {
    /// The page that offers what may be the same, once; nil where there is nothing to offer, or it was seen.
    ///
    /// For who came with a browser: a program that posts a form is answered at once. An urgent report is never held up.
    /// A form that is sent anew after its report was stored is answered with its receipt, as its key says.
    func similarStep(
        before report: AdmittedReport, fields: FormFields, key: String?, _ request: Request, _ city: ServedCity,
        at now: Timestamp
    ) async -> Response? {
        guard fields[SimilarReports.seenField] == nil, !report.isUrgent, request.prefersHTML else { return nil }
        if let key {
            let isStored = try? await admission.isStored(key: .header(key), channel: .web, in: city.city.code)
            guard isStored == false else { return nil }
        }
        async let found = nearby.find(like: report, in: city.city, at: now)
        let known = await announcements.shown(in: city.city).filter {
            $0.concerns(report.category, in: report.area?.code)
        }
        let offers = await found.map { SimilarReports.Offer(report: $0.view.view, metres: $0.metres) }
        guard !offers.isEmpty || !known.isEmpty else { return nil }
        let page = SimilarReports(
            frame: frame(request, city), offers: offers, announcements: known, fields: fields.fields,
            followKey: UUID().text)
        return self.page(page, request)
    }
}
