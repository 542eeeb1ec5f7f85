import Foundation

/// A running Sasando, as `ops/run` left it below its SASANDO_HOME.
struct Stack: Sendable {
    struct Credentials: Decodable, Sendable {
        struct Integrator: Decodable, Sendable {
            let apiKey: String
        }
        struct Token: Decodable, Sendable {
            let token: String
        }
        struct ZeroMQ: Decodable, Sendable {
            let ingress: String
            let ingressServerKey: String
            let integratorSecretKey: String
            let agencies: [String: Stream]
        }
        struct Stream: Decodable, Sendable {
            let stream: String
            let serverKey: String
            let secretKey: String
        }
        let frontDoor: URL
        let integrator: Integrator
        let zeromq: ZeroMQ
        let `operator`: Token
        let agencies: [String: Token]
    }

    static let jurisdiction = "kupang"
    /// The agency that the load is for.
    static let agency = "dlhk"

    let home: URL
    let credentials: Credentials
    let intake: ServiceProcess
    let routing: ServiceProcess
    let analytics: ServiceProcess
    let notifiers: [ServiceProcess]

    init(home: URL) throws {
        self.home = home
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = home.appending(path: "credentials.json")
        credentials = try decoder.decode(Credentials.self, from: Data(contentsOf: file))
        intake = try ServiceProcess(name: "intake", home: home)
        routing = try ServiceProcess(name: "routing", home: home)
        analytics = try ServiceProcess(name: "analytics", home: home)
        notifiers = try credentials.agencies.keys.sorted().map {
            try ServiceProcess(name: "notifier-\($0)", home: home)
        }
    }

    var services: [ServiceProcess] { [intake, routing, analytics] + notifiers }

    func notifier(of agency: String) throws -> ServiceProcess {
        guard let notifier = notifiers.first(where: { $0.name == "notifier-\(agency)" }) else {
            throw BenchFailure("\(agency) has no notifier")
        }
        return notifier
    }

    /// The address of the store for its owner, without the password.
    var storeURL: String {
        get throws {
            guard let service = intake.environment["SASANDO_STORE_URL"], let at = service.firstIndex(of: "@") else {
                throw BenchFailure("intake was given no SASANDO_STORE_URL")
            }
            return "postgresql://sasando_owner" + service[at...]
        }
    }

    var storePassword: String {
        get throws {
            try String(contentsOf: home.appending(path: "secrets/owner.password"), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// Runs `body` while the processes stand still (SIGSTOP), so that only what is measured works.
    func holding<Result>(_ processes: [ServiceProcess], _ body: () async throws -> Result) async throws -> Result {
        for process in processes { process.stop() }
        defer { for process in processes { process.proceed() } }
        return try await body()
    }
}
