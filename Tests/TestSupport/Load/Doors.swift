internal import Domain

/// A running Sasando, as those see it who come through its front door.
package protocol Doors: Sendable {
    /// `http://HOST:PORT`
    var frontDoor: String { get }
    var credentials: Stack.Credentials { get }
}

extension Stack: Doors {}

extension Doors {
    package var door: Door { Door(frontDoor) }
    /// The integrator's way in.
    package var integrator: Door { door.bearing(credentials.integratorKey) }
    package var operatorDoor: Door { door.bearing(credentials.operatorToken) }

    /// The city's summary, which may be 503 for a while after a busy one: then its figures are not of the moment.
    package func summary() async throws -> Answer {
        var answer: Answer?
        try await wait(for: "the figures to be of the moment", within: .seconds(20)) {
            answer = try await operatorDoor.get("/v1/analytics/summary")
            return answer?.status != 503
        }
        guard let answer else { throw Unexpected("no summary") }
        return answer
    }

    package func agency(_ code: String) -> Door { door.bearing(credentials.agencyTokens[code] ?? "") }
}
