internal import CPostgreSQL

/// Where a database is, and the bounds within which it is used.
package struct PostgresConfiguration: Sendable {
    /// libpq's settings as the URL gave them.
    private var settings: [String: String]

    package var applicationName = "sasando"
    /// The most connections that a pool opens.
    package var size = 4
    /// The most callers that wait for a connection; one more is refused at once.
    package var maximumWaiters = 1_024
    /// How long a caller waits for a connection.
    package var leaseTimeout: Duration = .milliseconds(1_500)
    /// How long those who wait are left to the connections that are there, before another is opened: about what
    /// opening one takes.
    package var patience: Duration = .milliseconds(20)
    /// The time in which one attempt to connect to one address must succeed.
    package var connectTimeout: Duration = .seconds(2)
    /// The server's bound on one statement.
    package var statementTimeout: Duration = .seconds(5)
    /// The server's bound on waiting for one lock.
    package var lockTimeout: Duration = .milliseconds(200)
    /// The server's bound on a transaction's silence.
    package var idleInTransactionTimeout: Duration = .seconds(1)
    /// The client's bound on everything sent in one flush, where a call gives none.
    package var queryTimeout: Duration = .seconds(8)
    /// How long a cancelled statement may take to stop before its connection is given up.
    package var cancelGrace: Duration = .milliseconds(500)
    /// Whether a prepared statement is planned once, and not each time for its parameters: for short statements by
    /// key, which the planner would spend longer on than the executor.
    ///
    /// Such a plan outlives what it was made for: one made while a table was nearly empty reads the whole table ever
    /// after, or until the statistics are taken again. So these plans go by indexes, which is right at any size.
    package var plansOnce = false
    /// The most statements prepared on one connection.
    package var statementCacheSize = 256
    /// Waits between attempts to connect: the first, and the longest.
    package var reconnectDelay: (initial: Duration, maximum: Duration) = (.milliseconds(50), .seconds(1))

    /// - Parameters:
    ///   - url: `postgresql://user@host:port/database?setting=value`, with several `host:port` separated by commas,
    ///     or libpq's `keyword=value` form (PostgreSQL's documentation, 34.1.1).
    ///   - password: replaces the one in the URL.
    package init(url: String, password: String? = nil) throws(PostgresError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(url, &message) else {
            // libpq's message may repeat the URL with its password.
            unsafe PQfreemem(message)
            throw PostgresError(.configuration, operation: "configure", message: "not a PostgreSQL URL")
        }
        defer { unsafe PQconninfoFree(options) }
        settings = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe settings[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        if let password { settings["password"] = password }
    }

    package var database: String? {
        get { settings["dbname"] }
        set { settings["dbname"] = newValue }
    }

    package var user: String? {
        get { settings["user"] }
        set { settings["user"] = newValue }
    }

    package var password: String? {
        get { settings["password"] }
        set { settings["password"] = newValue }
    }

    /// One server to try: a numeric address or a socket's folder.
    struct Address: Hashable, Sendable {
        var host: String?
        var numeric: String?
        var port: String?

        var isLocal: Bool {
            guard let numeric else { return host == nil || host!.hasPrefix("/") || host!.hasPrefix("@") }
            return numeric.hasPrefix("127.") || numeric == "::1"
        }
    }

    /// Every address to try, in the URL's order, with the names resolved.
    func resolveAddresses() async throws(PostgresError) -> [Address] {
        let hosts = list("host")
        let numerics = list("hostaddr")
        let ports = list("port")
        var addresses: [Address] = []
        var failure: PostgresError?
        for index in 0..<max(hosts.count, numerics.count, 1) {
            let host = index < hosts.count && !hosts[index].isEmpty ? hosts[index] : nil
            let numeric = index < numerics.count && !numerics[index].isEmpty ? numerics[index] : nil
            let port = ports.isEmpty ? nil : ports[min(index, ports.count - 1)]
            var address = Address(host: host, numeric: numeric, port: port)
            guard numeric == nil, let host, !address.isLocal else {
                addresses.append(address)
                continue
            }
            do throws(PostgresError) {
                for found in isNumericAddress(host) ? [host] : try await resolve(host) {
                    address.numeric = found
                    addresses.append(address)
                }
            } catch {
                failure = error
            }
        }
        if addresses.isEmpty, let failure { throw failure }
        return addresses
    }

    private func list(_ keyword: String) -> [String] {
        guard let text = settings[keyword] else { return [] }
        return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// What to give libpq for one address.
    func parameters(for address: Address) -> [(keyword: String, value: String)] {
        var all = settings
        for keyword in ["host", "hostaddr", "port"] { all[keyword] = nil }
        all["host"] = address.host
        all["hostaddr"] = address.numeric
        all["port"] = address.port
        let defaults = [
            "application_name": applicationName,
            "client_encoding": "UTF8",
            "keepalives": "1", "keepalives_idle": "10", "keepalives_interval": "3", "keepalives_count": "3",
            "tcp_user_timeout": "15000",
            "target_session_attrs": "read-write",
            "gssencmode": "disable",
            // Nobody listens on a loopback; TLS there costs a handshake and memory.
            "sslmode": address.isLocal ? "disable" : "prefer",
        ]
        all.merge(defaults) { given, _ in given }
        all["options"] = sessionOptions + (settings["options"].map { " " + $0 } ?? "")
        return all.map { (keyword: $0.key, value: $0.value) }
    }

    private var sessionOptions: String {
        var values = [
            "statement_timeout=\(statementTimeout.wholeMilliseconds)",
            "lock_timeout=\(lockTimeout.wholeMilliseconds)",
            "idle_in_transaction_session_timeout=\(idleInTransactionTimeout.wholeMilliseconds)",
            "synchronous_commit=on",
            "plan_cache_mode=\(plansOnce ? "force_generic_plan" : "auto")",
            "client_connection_check_interval=2000",
            "TimeZone=UTC",
        ]
        if plansOnce {
            values += ["seqscan", "bitmapscan", "hashjoin", "mergejoin"].map { "enable_\($0)=off" }
        }
        return values.map { "-c \($0)" }.joined(separator: " ")
    }
}

extension Duration {
    /// Rounded up, so that a short time does not become 0, which means none.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }

    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }

    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
