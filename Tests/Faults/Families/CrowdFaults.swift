internal import Foundation
internal import PostgreSQL
internal import TestSupport

/// Ten thousand connections that begin and never go on.
enum CrowdFaults {
    private static let crowd = 10_000
    /// How many come at once, fifty times a second: what is tried is that they stand there. Coming costs this machine,
    /// which carries both ends of them, more than it costs whom they come to.
    private static let portion = 50
    /// All have come after four of these seconds.
    private static let least = Duration.seconds(6)

    static let all: [Fault] = [
        Fault(
            name: "crowd-front", what: "\(crowd) half requests stand at the front door", least: least
        ) { scene in
            let place = try RawSocket.place(of: scene.target.frontDoor)
            return try await stand(at: [place], half("POST /v1/reports"), scene)
        },
        Fault(
            name: "crowd-notifier", what: "\(crowd) half requests stand at an agency's notifier",
            reach: .agency(Part.victim), least: least
        ) { scene in
            guard let address = try await scene.target.address(of: Stack.notifier(Part.victim)) else {
                throw Unexpected("the notifier has no address")
            }
            let request = half("GET /v1/agencies/\(Part.victim)/events")
            return try await stand(at: [try RawSocket.place(of: address)], request, scene)
        },
        Fault(
            name: "crowd-hints", what: "\(crowd) connections to the publishers of hints never say who they are",
            least: least
        ) { scene in
            // The first bytes of ZMTP's greeting (ZMTP 3.1), and no more.
            try await stand(at: try await scene.publishers(), [0xFF, 0, 0, 0, 0], scene)
        },
    ]

    private static func half(_ line: String) -> [UInt8] {
        Array("\(line) HTTP/1.1\r\nHost: sasando\r\nContent-Length: 100\r\nX-Waiting: ".utf8)
    }

    /// Keeps so many connections begun; those that are thrown out come again.
    ///
    /// All in portions: our own machine carries the crowd too, and who looks at all ten thousand at once takes the
    /// processor from those whom the fault is to try.
    private static func stand(at places: [(host: String, port: Int)], _ words: [UInt8], _ scene: Scene) async throws
        -> Int
    {
        try Limits.allowFiles(crowd + 2_000)
        var standing: [CInt] = []
        do {
            let count = try await gather(at: places, words, scene, &standing)
            try await disperse(&standing, scene)
            return count
        } catch {
            standing.forEach { close($0) }
            throw error
        }
    }

    /// They leave as they came: ten thousand ends at one moment are a blow of their own.
    private static func disperse(_ standing: inout [CInt], _ scene: Scene) async throws {
        while !standing.isEmpty {
            for socket in standing.suffix(portion) { close(socket) }
            standing.removeLast(min(portion, standing.count))
            try await scene.hold(.milliseconds(20))
        }
    }

    private static func gather(
        at places: [(host: String, port: Int)], _ words: [UInt8], _ scene: Scene, _ standing: inout [CInt]
    ) async throws -> Int {
        var count = 0
        var next = 0
        let end = ContinuousClock.now + scene.length
        // A slow machine takes longer until all have come, but they come.
        let last = end + .seconds(30)
        while ContinuousClock.now < end || (count < crowd && ContinuousClock.now < last) {
            for _ in 0..<portion where standing.count < crowd {
                guard let socket = RawSocket.begin(places[count % places.count].host, places[count % places.count].port)
                else { break }
                standing.append(socket)
                count += 1
            }
            let newest = standing.suffix(portion)
            try await scene.hold(.milliseconds(20))
            for socket in newest { RawSocket.write(socket, words) }
            next = next >= standing.count ? 0 : next
            for index in (next..<min(next + portion, standing.count)).reversed()
            where RawSocket.read(standing[index], atMost: 64) == nil {
                close(standing[index])
                standing.swapAt(index, standing.count - 1)
                standing.removeLast()
            }
            next += portion
        }
        guard count >= crowd else { throw Unexpected("of \(crowd) connections only \(count) came") }
        return count
    }
}

/// What the kernel lets this process have.
enum Limits {
    static func allowFiles(_ count: Int) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_max >= rlim_t(count) else {
            throw Impossible("\(limit.rlim_max) open files are permitted, and \(count) needed")
        }
        limit.rlim_cur = max(limit.rlim_cur, rlim_t(count))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

extension Scene {
    /// Where the hints of our services are published.
    func publishers() async throws -> [(host: String, port: Int)] {
        let rows = try await pool.query(
            "SELECT endpoint FROM peer WHERE endpoint <> '' AND expires_at > now() ORDER BY endpoint")
        let places = try rows.map { try RawSocket.place(of: try $0.decode(String.self, at: 0)) }
        guard !places.isEmpty else { throw Unexpected("nobody publishes hints") }
        return places
    }
}
