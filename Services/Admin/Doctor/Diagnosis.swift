internal import Domain
internal import Telemetry
internal import Storage

/// What the doctor makes of the findings: pure.
enum Diagnosis {
    struct Check: Encodable, Equatable {
        var name: String
        var isWell: Bool
        var finding: String
        /// What to do; nil where all is well.
        var advice: String?

        init(_ name: String, _ isWell: Bool, _ finding: String, else advice: String) {
            self.name = name
            self.isWell = isWell
            self.finding = finding
            self.advice = isWell ? nil : advice
        }
    }

    static let services = ["intake", "routing", "notifier", "analytics"]
    /// Clocks may differ by so much: promises are kept to the second, and by the store's clock alone.
    static let clockTolerance_s = 2.0
    /// Free space of the store's disk: less than either is too little.
    static let leastFreeBytes: Int64 = 2 << 30
    static let leastFreePercent: Int64 = 10
    /// Dead rows beyond these and a fifth of the living: vacuum does not keep up.
    static let mostDeadRows: Int64 = 20_000
    /// What analytics may lack of a stream for a moment.
    static let mostUnfolded: Int64 = 20_000
    /// Vacuum freezes at 200 million by itself; the server refuses to write at 2,000 million.
    static let mostTransactionAge: Int64 = 1_000_000_000

    static func checks(_ found: DoctorFindings, now: Timestamp) -> [Check] {
        [schema(found.migration)] + server(found.server, now) + [disk(found.disk, found.server)] + load(found)
            + work(found.work) + streams(found.streams) + [webhooks(found.disabledWebhooks), chats(found.lateChats)]
            + peers(found)
    }

    static func schema(_ version: Int32) -> Check {
        Check(
            "schema", version == Migrations.current, "version \(version), needed \(Migrations.current)",
            else: version < Migrations.current
                ? "run sasandoctl migrate" : "this sasandoctl is older than the store: use the one that came with it")
    }

    private static func server(_ server: DoctorFindings.Server, _ now: Timestamp) -> [Check] {
        let apart = abs(server.clock.microseconds - now.microseconds)
        return [
            Check(
                "PostgreSQL", (Int(server.version.prefix { $0.isNumber }) ?? 0) >= 15, server.version,
                else: "PostgreSQL 15 or newer is needed"),
            Check(
                "PostGIS", server.postgisVersion?.hasPrefix("3") ?? false, server.postgisVersion ?? "missing",
                else: "install PostGIS 3 and run sasandoctl migrate"),
            Check(
                "durability", server.synchronousCommit == "on" && server.fsync == "on",
                "synchronous_commit \(server.synchronousCommit), fsync \(server.fsync)",
                else: "set both to on: without them an acknowledged report can be lost"),
            Check(
                "checksums", server.dataChecksums == "on" && server.checksumFailures == 0,
                "data_checksums \(server.dataChecksums), \(server.checksumFailures) failures",
                else: server.checksumFailures > 0
                    ? "the disk gave back other data than were written: restore from a backup onto another disk"
                    : "stop the store and run pg_checksums --enable, so that a failing disk is noticed"),
            Check(
                "store's clock", Double(apart) / 1e6 < clockTolerance_s, "\(apart / 1000) ms from this machine's",
                else: "set this machine's and the store's clocks by NTP"),
            Check(
                "connections", server.connections * 10 < server.maximumConnections * 9,
                "\(server.connections) of \(server.maximumConnections)",
                else: "raise max_connections or lower SASANDO_STORE_CONNECTIONS"),
        ]
    }

    private static func disk(_ disk: DoctorFindings.Disk?, _ server: DoctorFindings.Server) -> Check {
        let size = "the database takes \(bytes(server.databaseBytes))"
        guard let disk else {
            let finding = "cannot be known through this login: look with df on the store's machine; \(size)"
            return Check("disk", true, finding, else: "")
        }
        let percent = disk.totalBytes > 0 ? disk.freeBytes * 100 / disk.totalBytes : 0
        return Check(
            "disk", disk.freeBytes >= leastFreeBytes && percent >= leastFreePercent,
            "\(bytes(disk.freeBytes)) free of \(bytes(disk.totalBytes)) (\(percent) %); \(size)",
            else: "make room before the store stops: enlarge the disk, or trim streams with sasandoctl stream")
    }

    static func bytes(_ count: Int64) -> String {
        count >= 10 << 30 ? "\(count >> 30) GiB" : "\(count >> 20) MiB"
    }

    /// Who is in whose way at the store, and whether vacuum keeps up.
    private static func load(_ found: DoctorFindings) -> [Check] {
        let long = found.longTransactions, waiting = found.waiting
        let swollen = found.tables.filter { $0.deadRows > max(mostDeadRows, $0.liveRows / 5) }
        func told(_ session: DoctorFindings.Session) -> String {
            "pid \(session.pid) (\(session.user), \(session.application)) \(Int(session.seconds)) s"
        }
        return [
            Check(
                "transactions", long.isEmpty, long.isEmpty ? "none is old" : long.map(told).joined(separator: "; "),
                else: "if it is no backup, end what was left open: SELECT pg_terminate_backend(PID)"),
            Check(
                "locks", waiting.isEmpty,
                waiting.isEmpty
                    ? "nobody waits"
                    : waiting.map { "\(told($0)) behind \($0.blockers.map(String.init).joined(separator: ", "))" }
                        .joined(separator: "; "),
                else: "see what the one in front does (pg_stat_activity), and end it if need be"),
            Check(
                "vacuum", found.server.autovacuum == "on" && swollen.isEmpty,
                swollen.isEmpty
                    ? "autovacuum \(found.server.autovacuum), dead rows within bounds"
                    : swollen.map { "\($0.name) \($0.deadRows) dead of \($0.liveRows + $0.deadRows) rows" }
                        .joined(separator: "; "),
                else: found.server.autovacuum == "on"
                    ? "an old transaction may keep vacuum from its work; then run VACUUM on the table"
                    : "set autovacuum to on: queries grow slower without it"),
            Check(
                "transaction ids", found.server.transactionAge < mostTransactionAge,
                "\(found.server.transactionAge) since the oldest row not frozen",
                else: "run VACUUM FREEZE soon: at 2,000 million the store takes no more writes"),
        ]
    }

    private static func work(_ work: DoctorFindings.Work) -> [Check] {
        [
            Check(
                "inbox", work.oldestInboxSeconds < 10,
                "\(work.inboxDepth) waiting, oldest \(Int(work.oldestInboxSeconds)) s",
                else: "routing is down or too slow: look at its log, or start another sasando-routing"),
            Check(
                "places", work.strayReports == 0, "\(work.strayReports) of the last day's reports are nowhere",
                else: "this cannot happen by the services: somebody changed the tables; put each into the inbox again"),
            Check(
                "timers", work.overdueTimers == 0, "\(work.overdueTimers) late by more than 10 s",
                else: "routing runs the timers: look at its log"),
        ]
    }
}
