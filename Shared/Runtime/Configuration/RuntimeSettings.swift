package import Logging

/// The settings that every service has.
package struct RuntimeSettings: Sendable {
    package var logLevel: Logger.Level
    /// The longest that a stop may take before the process ends regardless.
    package var stopTimeout: Duration
    package var http: HTTPSettings
    package var store: StoreSettings

    /// - Parameters:
    ///   - httpPort: The service's own default port.
    ///   - httpConnections: How many connections the service accepts at once by default. Each costs some 10 kB and, when
    ///     it ends, a search among the others: the server keeps their tasks in a list.
    package init(_ keys: inout ConfigurationKeys, httpPort: Int, httpConnections: Int = 1024) {
        store = StoreSettings(&keys)
        http = HTTPSettings(&keys, port: httpPort, maxConnections: httpConnections)
        logLevel = keys.choice(
            "SASANDO_LOG_LEVEL", default: Logger.Level.info, "The least severe records that are logged.")
        stopTimeout = keys.seconds(
            "SASANDO_STOP_TIMEOUT", default: 10, in: 1...300, "How long a stop may take before what is left is cut off."
        )
    }
}

/// Where the store is, and who this service is there.
package struct StoreSettings: Sendable {
    /// `postgresql://user@host:port/database`, without a password.
    package var url: String
    package var password: Secret?
    /// Connections in the pool.
    package var connections: Int

    package init(_ keys: inout ConfigurationKeys) {
        let name = "SASANDO_STORE_URL"
        url = keys.string(
            name, shape: "postgresql://user@host:port/database", "The store; the password has a file of its own.")
        if !url.isEmpty {
            if !url.hasPrefix("postgresql://") && !url.hasPrefix("postgres://") {
                keys.fault(name, "does not begin with postgresql://")
            } else if Self.hasPassword(url) {
                keys.fault(name, "contains a password: put it into a file and name that in SASANDO_STORE_PASSWORD_FILE")
            }
        }
        password = keys.secret("SASANDO_STORE_PASSWORD_FILE", "The password of the store's login.")
        connections = keys.int(
            "SASANDO_STORE_CONNECTIONS", default: 4, in: 1...32, unit: "connections", "Size of the connection pool.")
    }

    private static func hasPassword(_ url: String) -> Bool {
        let afterScheme = url[(url.firstRange(of: "://")?.upperBound ?? url.startIndex)...]
        let authority = afterScheme.prefix { $0 != "/" && $0 != "?" }
        guard let at = authority.lastIndex(of: "@") else { return url.contains("password=") }
        return authority[..<at].contains(":") || url.contains("password=")
    }
}

/// How the service's own HTTP port behaves.
package struct HTTPSettings: Sendable {
    package var host: String
    /// 0 lets the system choose.
    package var port: Int
    /// The origin that people see, without a trailing slash, such as `https://lapor.kupangkota.go.id`.
    package var publicURL: String?
    package var maxConnections: Int
    /// How long a connection may be silent while no answer is under way.
    package var idleTimeout: Duration

    package init(
        host: String = "127.0.0.1", port: Int = 0, publicURL: String? = nil, maxConnections: Int = 1024,
        idleTimeout: Duration = .seconds(75)
    ) {
        self.host = host
        self.port = port
        self.publicURL = publicURL
        self.maxConnections = maxConnections
        self.idleTimeout = idleTimeout
    }

    package init(_ keys: inout ConfigurationKeys, port standardPort: Int, maxConnections standardConnections: Int) {
        host = keys.string("SASANDO_HTTP_HOST", default: "127.0.0.1", shape: "address", "Where HTTP is served.")
        port = keys.int(
            "SASANDO_HTTP_PORT", default: standardPort, in: 0...65_535, unit: "(0: any free port)",
            "Where HTTP is served.")
        let url = keys.optionalString(
            "SASANDO_PUBLIC_URL", shape: "http(s)://host[:port]", "The front door's origin, as people see it.")
        publicURL = url.flatMap(Origin.init(_:))?.text
        if let url, publicURL == nil {
            keys.fault(
                "SASANDO_PUBLIC_URL", "\"\(url)\" is not an http or https origin such as https://lapor.example.id")
        }
        maxConnections = keys.int(
            "SASANDO_HTTP_MAX_CONNECTIONS", default: standardConnections, in: 1...100_000, unit: "connections",
            "Connections accepted at once; more wait in the system's queue.")
        idleTimeout = keys.seconds(
            "SASANDO_HTTP_IDLE_TIMEOUT", default: 75, in: 1...3600, "How long a silent connection is kept.")
    }
}
