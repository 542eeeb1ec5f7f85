package import Domain

/// The service worker behind a page, as the browser's own tools reach it.
extension Page {
    /// Hands the worker a push message, as if the browser's push service had brought it.
    package func deliverPush(_ text: String, to origin: String) async throws {
        try await send("ServiceWorker.enable")
        let scope = origin + "/"
        try await watch("the worker's registration", within: .seconds(10)) { $0.workerRegistrations[scope] != nil }
        guard let id = workerRegistrations[scope] else { throw Browser.Failure(description: "no worker for \(scope)") }
        try await send(
            "ServiceWorker.deliverPushMessage",
            ["origin": .string(origin), "registrationId": .string(id), "data": .string(text)])
    }

    /// Lets the page's origin show notices, or not.
    package func permitNotices(_ isPermitted: Bool, on origin: String) async throws {
        try await browser.send(
            "Browser.setPermission",
            [
                "permission": ["name": "notifications"], "setting": isPermitted ? "granted" : "denied",
                "origin": .string(origin), "browserContextId": context,
            ])
    }

    /// The value of an expression in the worker of this page's browser context, once it has settled.
    package func evaluateInWorker(_ expression: String) async throws -> JSONValue {
        let targets = try await browser.send("Target.getTargets")["targetInfos"]?.elements ?? []
        let worker = targets.first { $0["type"]?.text == "service_worker" && $0["browserContextId"] == context }
        let target = worker?["targetId"] ?? .null
        let attached = try await browser.send("Target.attachToTarget", ["targetId": target, "flatten": true])
        guard let session = attached["sessionId"]?.text else {
            throw Browser.Failure(description: "no worker runs: \(targets.map(\.json))")
        }
        let answer = try await browser.send(
            "Runtime.evaluate",
            ["expression": .string(expression), "awaitPromise": true, "returnByValue": true], session: session)
        if let exception = answer["exceptionDetails"] { throw Browser.Failure(description: exception.json) }
        return answer["result"]?["value"] ?? .null
    }
}
