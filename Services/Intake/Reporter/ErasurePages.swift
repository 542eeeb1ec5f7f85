internal import Domain
internal import FoundationEssentials
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

// "Erase my data", from the tracking page: asked once more, and then done.
extension CitizenRoutes {
    /// `GET /lacak/{code}/hapus`: what goes and what stays, for the reporter alone.
    func confirmErasure(_ request: Request, _ context: WebContext) async throws -> Response {
        let city = try await cities.city(of: request)
        let view = try await own(request, context, city)
        return erasurePage(view, request, city)
    }

    /// `POST /lacak/{code}/erase`: back to the tracking page.
    func erase(_ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.check(request)
        let city = try await cities.city(of: request)
        try limits.checkAct(from: context.client(of: request))
        let view = try await own(request, context, city)
        let form = OwnForm(.erase, PostedForm(fields: try await request.collectForm(), photos: []))
        switch try await runner.erase(view.tracked.report.id, key: form.key, in: city.loaded) {
        case .done, .repeated: return .seeOther("/lacak/\(view.tracked.report.trackingCode)?hasil=erase")
        case .refused(let refusal):
            let text = refusal.message(request.language, offsetSeconds: city.city.utcOffset)
            return erasurePage(view, request, city, refused: text)
        case .keyReused: return erasurePage(view, request, city)
        case .unknownReport: throw ReportAccess.unknown
        }
    }

    private func own(_ request: Request, _ context: WebContext, _ city: ServedCity) async throws -> PublicView {
        let view = try await reports.view(of: try context.parameters.require("code"), for: request, in: city)
        guard reports.isReporter(of: view.tracked, request) else { throw ReportAccess.unknown }
        return view
    }

    private func erasurePage(
        _ view: PublicView, _ request: Request, _ city: ServedCity, refused: String? = nil
    ) -> Response {
        page(
            EraseReport(
                frame: frame(request, city), trackingCode: view.tracked.report.trackingCode,
                isOpen: view.status.isOpen, idempotencyKey: UUID().text, refused: refused),
            request, status: refused == nil ? .ok : .conflict)
    }
}

extension PublicView {
    /// What the agency asked last, while the reporter has not answered.
    var openQuestion: String? {
        guard let asked = history.lastIndex(where: { $0.command == Command.ask.rawValue }),
            let note = history[asked].note
        else { return nil }
        let isAnswered = history[asked...].contains {
            $0.author == Actor.reporter.name && $0.type == EventType.commented.rawValue
        }
        return isAnswered || status.isEnd ? nil : note
    }

    /// What the reporter is told of the own data; nil for who is not the reporter.
    var ownPrivacy: OwnReport.Privacy? {
        guard let held else { return nil }
        return OwnReport.Privacy(
            isHeld: held.consent != nil, mayContact: tracked.report.mayContact, days: tracked.report.identityDays,
            isErased: isErased,
            readings: held.readings.map { reading in
                OwnReport.Reading(
                    at: reading.at,
                    agency: reading.reader == IdentityReader.operatorName ? nil : AgencyCode(rawValue: reading.reader),
                    purpose: reading.purpose)
            })
    }
}
