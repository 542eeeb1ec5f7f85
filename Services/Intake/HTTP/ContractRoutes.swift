internal import Contract
internal import Hummingbird
internal import Runtime

/// `GET /openapi.json` and `/asyncapi.json`: the contract as machines read it.
func addContractRoutes(to router: Router<WebContext>) {
    let documents = [("/openapi.json", ContractDocument.openAPI), ("/asyncapi.json", ContractDocument.asyncAPI)]
    for (path, document) in documents {
        router.get(RouterPath(path)) { request, _ in
            Response.asset(
                document.bytes, contentType: "application/json", entityTag: document.entityTag,
                cacheControl: "public, max-age=300", for: request)
        }
    }
}
