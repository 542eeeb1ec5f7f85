internal import Foundation
internal import TestSupport

/// Consumers of one agency's stream that do not behave.
enum ConsumerFaults {
    private static let consumers = 8

    static let all: [Fault] = [
        Fault(
            name: "never-reading", what: "\(consumers) consumers of an agency open its stream and never read",
            reach: .agency(Part.victim)
        ) { scene in
            let streams = try await open(consumers, scene)
            defer { streams.forEach { close($0) } }
            try await scene.hold(scene.length)
            return streams.count
        },
        Fault(
            name: "slow-reading", what: "\(consumers) consumers of an agency read a few bytes now and then",
            reach: .agency(Part.victim)
        ) { scene in
            let streams = try await open(consumers, scene)
            defer { streams.forEach { close($0) } }
            let end = ContinuousClock.now + scene.length
            while ContinuousClock.now < end {
                for stream in streams { _ = RawSocket.read(stream, atMost: 200) }
                try await scene.hold(.milliseconds(100))
            }
            return streams.count
        },
        Fault(
            name: "reconnecting", what: "a consumer of an agency comes and goes, as fast as it is answered",
            reach: .agency(Part.victim)
        ) { scene in
            let end = ContinuousClock.now + scene.length
            var count = 0
            while ContinuousClock.now < end {
                let stream = try await open(1, scene, from: "?after=latest")[0]
                try await wait(for: "an answer", within: .seconds(5)) { !RawSocket.peek(stream, 1).isEmpty }
                // Every second time it leaves as programs do that crash.
                if count % 2 == 0 { RawSocket.reset(stream) } else { close(stream) }
                count += 1
            }
            return count
        },
    ]

    /// Opens streams, from their beginning where nothing else is said, so that there is much to be sent at once.
    private static func open(_ count: Int, _ scene: Scene, from start: String = "") async throws -> [CInt] {
        guard let address = try await scene.target.address(of: Stack.notifier(Part.victim)) else {
            throw Unexpected("the notifier has no address")
        }
        let place = try RawSocket.place(of: address)
        let token = scene.target.credentials.agencyTokens[Part.victim] ?? ""
        let request = """
            GET /v1/agencies/\(Part.victim)/events\(start) HTTP/1.1\r
            Host: sasando\r
            Authorization: Bearer \(token)\r
            Accept: text/event-stream\r
            \r

            """
        return try (0..<count).map { _ in
            let stream = try RawSocket.connect(place.host, place.port)
            RawSocket.write(stream, Array(request.utf8))
            return stream
        }
    }
}
