internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Runtime
internal import Storage

/// `POST /v1/media`, and the photos of reports.
struct MediaRoutes: Sendable {
    let cities: ServedCities
    let reports: ReportAccess
    let authenticator: Authenticator
    let limits: CitizenLimits
    let sameOrigin: SameOrigin
    let photos: Photos

    func add(to router: Router<WebContext>) {
        router.post("/v1/media") { request, context in try await self.upload(request, context) }
        router.get("/media/:report/:n/:size") { request, context in
            try await self.photo(
                request, report: try context.parameters.require("report"), n: try context.parameters.require("n"),
                size: try context.parameters.require("size"))
        }
    }

    // MARK: Taking

    private func upload(_ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.refuseOtherSites(request)
        let city = try await cities.city(of: request)
        let client = context.client(of: request)
        let uploader = try await uploader(of: request, from: client, in: city.city.code)
        let id = try await photos.takeFile(
            of: request, from: client, by: uploader, in: city.city.code, request.language)
        var writer = JSONWriter(capacity: 64)
        writer.object { $0.member("id", id) }
        return .json(writer.bytes, status: .created, headers: [.cacheControl: "no-store"])
    }

    /// Whose the upload will be: of the report whose key is shown first, else of the program or agency that shows a
    /// token.
    private func uploader(
        of request: Request, from client: ClientAddress, in jurisdiction: JurisdictionCode
    ) async throws -> Uploader {
        for key in request.reporterKeys {
            if let found = try await reports.report(openedBy: key, in: jurisdiction) {
                try limits.checkAct(from: client)
                return .report(found.id)
            }
        }
        let principal = try await authenticator.principal(of: request, in: jurisdiction)
        try limits.check(principal)
        if let agency = principal.agency { return .agency(agency) }
        return .channel(try principal.requireChannel(for: .media))
    }

    // MARK: Showing

    /// Who may read the report may see its photos.
    private func photo(_ request: Request, report name: String, n: String, size: String) async throws -> Response {
        let city = try await cities.city(of: request)
        let view = try await reports.view(of: name, for: request, in: city)
        guard UUID(text: name) != nil, let n = Int(n), let size = Photos.Size(rawValue: size),
            let photo = try await photos.photo(n, of: view.tracked.report.id, in: city.city.code),
            reports.maySee(photo, of: view),
            let bytes = try await photos.bytes(of: photo, size, in: city.city.code)
        else { throw ReportAccess.unknown }
        // Only what anyone may see is anyone's to keep, and not for longer than a hidden photo may live on.
        let isForAll = photo.isPublic && view.visibility == .public
        return Response(
            status: .ok,
            headers: [
                .contentType: "image/jpeg", .cacheControl: isForAll ? "public, max-age=3600" : "no-store",
                .contentSecurityPolicy: "default-src 'none'; sandbox",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
