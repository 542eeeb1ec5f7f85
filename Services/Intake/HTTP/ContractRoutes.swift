internal import Contract
internal import Hummingbird
internal import Runtime

/// `GET /openapi.json` and `/asyncapi.json`: the contract as machines read it.
func addContractRoutes(to router: Router<WebContext>) {
    router.get("/openapi.json") { request, _ in response(of: .openAPI, to: request) }
    router.get("/asyncapi.json") { request, _ in response(of: .asyncAPI, to: request) }
}

private func response(of document: ContractDocument, to request: Request) -> Response {
    Response.asset(
        document.bytes, contentType: "application/json", entityTag: document.entityTag,
        cacheControl: "public, max-age=300", for: request)
}
