internal import Domain
internal import Media
internal import Storage
internal import Telemetry
internal import Testing

@testable internal import Admin

/// What `sasandoctl doctor` makes of what it finds.
struct DiagnosisTests {
    static let now = Timestamp(seconds: 1_764_000_000)

    static let healthy = DoctorFindings(
        server: .init(
            version: "15.14 (Debian)", postgisVersion: "3.3.2", synchronousCommit: "on", fsync: "on",
            dataChecksums: "on", checksumFailures: 0, autovacuum: "on", clock: now, databaseBytes: 40 << 20,
            connections: 40, maximumConnections: 200, transactionAge: 5_000_000),
        migration: Migrations.current, disk: .init(freeBytes: 60 << 30, totalBytes: 100 << 30),
        work: .init(inboxDepth: 3, oldestInboxSeconds: 0.2, overdueTimers: 0, strayReports: 0),
        streams: [stream("kupang/dlhk"), stream("kupang/pupr", head: 0, events: 0)],
        peers: Diagnosis.services.enumerated().map { peer($1, number: $0) },
        notifiers: ["kupang/dlhk": 1, "kupang/pupr": 2], longTransactions: [], waiting: [],
        tables: [.init(name: "inbox", liveRows: 0, deadRows: 5_000)], disabledWebhooks: [], lateChats: [])

    static func stream(
        _ name: String, head: Int64 = 100, events: Int64 = 90, firstKept: Int64? = nil, folded: Int64? = nil,
        openedEpoch: Int32? = 2, foldedEpoch: Int32? = 2
    ) -> DoctorFindings.Stream {
        let first = firstKept ?? head - events + 1
        return .init(
            name: name, epoch: 2, openedEpoch: openedEpoch, head: head, firstKept: first, events: events,
            firstEvent: events > 0 ? head - events + 1 : nil, lastEvent: events > 0 ? head : nil,
            folded: folded ?? head, foldedEpoch: foldedEpoch)
    }

    static func peer(
        _ service: String, number: Int = 9, version: String? = ProductVersion.current, ahead: Double = 0.01,
        expired: Double = -4
    ) -> DoctorFindings.Peer {
        .init(
            service: service, endpoint: "tcp://10.0.0.7:4\(number)", publicKey: "key\(number)", version: version,
            clockAheadSeconds: ahead, expiredSeconds: expired)
    }

    @Test func `a folder of photos that is missing, closed or nearly full is told with what to do`() {
        let room = FolderState(isWritable: true, freeBytes: 50 << 30, totalBytes: 100 << 30)
        let closed = FolderState(isWritable: false, freeBytes: 50 << 30, totalBytes: 100 << 30)
        let full = FolderState(isWritable: true, freeBytes: 1 << 30, totalBytes: 100 << 30)
        #expect(Diagnosis.photos("/photos", room).isWell && Diagnosis.photos(nil, nil).isWell)
        for state in [nil, closed, full] {
            let check = Diagnosis.photos("/photos", state)
            #expect(!check.isWell, "\(check)")
            #expect(check.advice != nil, "\(check)")
        }
        #expect(Diagnosis.photos("/photos", closed).finding == "/photos cannot be written to")
    }

    @Test func `of a healthy city nothing is said to do`() {
        let checks = Diagnosis.checks(Self.healthy, now: Self.now)
        #expect(checks.allSatisfy { $0.isWell && $0.advice == nil && !$0.finding.isEmpty }, "\(checks)")
        #expect(Set(checks.map(\.name)).count == checks.count)
        #expect(checks.count >= 25)
    }

    struct Illness: CustomTestStringConvertible, Sendable {
        let check: String
        let finding: String
        let infect: @Sendable (inout DoctorFindings) -> Void

        init(_ check: String, _ finding: String, _ infect: @escaping @Sendable (inout DoctorFindings) -> Void) {
            self.check = check
            self.finding = finding
            self.infect = infect
        }

        var testDescription: String { "\(check): \(finding)" }
    }

    static let server: [Illness] = [
        Illness("schema", "version 3") { $0.migration = 3 },
        Illness("schema", "version 999") { $0.migration = 999 },
        Illness("PostgreSQL", "14.9") { $0.server.version = "14.9" },
        Illness("PostGIS", "missing") { $0.server.postgisVersion = nil },
        Illness("PostGIS", "2.5") { $0.server.postgisVersion = "2.5" },
        Illness("durability", "fsync off") { $0.server.fsync = "off" },
        Illness("durability", "synchronous_commit local") { $0.server.synchronousCommit = "local" },
        Illness("checksums", "data_checksums off") { $0.server.dataChecksums = "off" },
        Illness("checksums", "2 failures") { $0.server.checksumFailures = 2 },
        Illness("store's clock", "3000 ms") { $0.server.clock = now.adding(seconds: -3) },
        Illness("connections", "185 of 200") { $0.server.connections = 185 },
        Illness("disk", "1024 MiB free") { $0.disk = .init(freeBytes: 1 << 30, totalBytes: 8 << 30) },
        Illness("disk", "(5 %)") { $0.disk = .init(freeBytes: 50 << 30, totalBytes: 1000 << 30) },
        Illness("vacuum", "autovacuum off") { $0.server.autovacuum = "off" },
        Illness("vacuum", "report_state 300000 dead of 1300000") {
            $0.tables = [.init(name: "report_state", liveRows: 1_000_000, deadRows: 300_000)]
        },
        Illness("transaction ids", "1500000000") { $0.server.transactionAge = 1_500_000_000 },
        Illness("transactions", "pid 7 (budi, psql) 60 s") {
            $0.longTransactions = [.init(pid: 7, user: "budi", application: "psql", seconds: 60)]
        },
        Illness("locks", "pid 8 (sasando_routing, routing) 4 s behind 7") {
            $0.waiting = [
                .init(pid: 8, user: "sasando_routing", application: "routing", seconds: 4.2, blockers: [7])
            ]
        },
    ]

    static let city: [Illness] = [
        Illness("inbox", "oldest 70 s") { $0.work.oldestInboxSeconds = 70 },
        Illness("places", "2 of the last day's") { $0.work.strayReports = 2 },
        Illness("timers", "5 late") { $0.work.overdueTimers = 5 },
        Illness("streams", "there are none") { $0.streams = [] },
        Illness("streams", "kupang/dlhk holds 89 events for the numbers 11 to 100") {
            $0.streams[0].events = 89
        },
        Illness("streams", "kupang/dlhk reaches from 11 to 99") { $0.streams[0].lastEvent = 99 },
        Illness("epochs", "kupang/dlhk is in 2, opened was 3") { $0.streams[0].openedEpoch = 3 },
        Illness("epochs", "opened was none") { $0.streams[0].openedEpoch = nil },
        Illness("figures", "kupang/dlhk is not counted") { $0.streams[0].folded = nil },
        Illness("figures", "counted to 120, beyond its head 100") { $0.streams[0].folded = 120 },
        Illness("figures", "is counted in epoch 1, and is in 2") {
            ($0.streams[0].folded, $0.streams[0].foldedEpoch) = (50, 1)
        },
        Illness("figures", "kupang/big is 50000 events behind") {
            $0.streams.append(stream("kupang/big", head: 60_000, events: 60_000, folded: 10_000))
        },
        Illness("webhooks", "abc of kupang/dlhk (exhausted, 7 events behind)") {
            $0.disabledWebhooks = [.init(id: "abc", stream: "kupang/dlhk", reason: "exhausted", behind: 7)]
        },
        Illness("chats", "kupang/whatsapp: 3 chats not looked at, the first for 200 s") {
            $0.lateChats = [.init(channel: "kupang/whatsapp", kind: .chats, count: 3, seconds: 200.7)]
        },
        Illness("chats", "kupang/telegram: news of 2 reports not put into words, the first for 130 s") {
            $0.lateChats = [.init(channel: "kupang/telegram", kind: .news, count: 2, seconds: 130)]
        },
        Illness("chats", "7 messages not taken by the provider, 4 of them offered, the first for 900 s") {
            $0.lateChats = [.init(channel: "kupang/whatsapp", kind: .messages, count: 7, tried: 4, seconds: 900)]
        },
        Illness("routing", "0 running") { $0.peers.removeAll { $0.service == "routing" } },
        Illness("routing", "0 running") { findings in
            findings.peers.removeAll { $0.service == "routing" }
            findings.peers.append(peer("routing", expired: 30))
        },
        Illness("agencies", "nobody serves kupang/pupr") { $0.notifiers["kupang/pupr"] = 0 },
        Illness("versions", "routing 0.0.9; this is") { $0.peers.append(peer("routing", version: "0.0.9")) },
        Illness("versions", "routing of before") { $0.peers.append(peer("routing", version: nil)) },
        Illness("services' clocks", "routing 90 s behind") { $0.peers.append(peer("routing", ahead: -90)) },
        Illness("ended peers", "intake 300 s ago") { $0.peers.append(peer("intake", expired: 300)) },
        Illness("doubled peers", "tcp://10.0.0.7:40") { findings in
            findings.peers.append(peer("routing", number: 0))
            findings.peers[findings.peers.count - 1].publicKey = "another"
        },
        Illness("doubled peers", "a key of intake") { findings in
            findings.peers.append(peer("intake", number: 0))
            findings.peers[findings.peers.count - 1].endpoint = "tcp://10.0.0.8:1"
        },
    ]

    @Test(arguments: server + city)
    func `an illness is found by the check that is for it, with what to do`(illness: Illness) throws {
        var findings = Self.healthy
        illness.infect(&findings)
        let checks = Diagnosis.checks(findings, now: Self.now)
        let bad = checks.filter { !$0.isWell }
        #expect(bad.map(\.name) == [illness.check], "\(bad)")
        #expect(bad.first?.finding.contains(illness.finding) == true, "\(bad)")
        #expect(bad.first?.advice?.isEmpty == false)
    }

    @Test func `whether nobody works on chats or the provider takes nothing, another thing is to be done`() {
        func advice(_ kind: DoctorFindings.LateChats.Kind, tried: Int64 = 0) -> String? {
            Diagnosis.chats([.init(channel: "kupang/telegram", kind: kind, count: 5, tried: tried, seconds: 600)])
                .advice
        }
        #expect(advice(.messages, tried: 1)?.hasPrefix("see whether the provider works") == true)
        #expect(advice(.messages) == advice(.chats) && advice(.news) == advice(.chats))
        #expect(advice(.chats)?.hasPrefix("start an intake") == true)
    }

    @Test func `a disk that cannot be looked at is said to be so, and is no illness`() throws {
        var findings = Self.healthy
        findings.disk = nil
        let check = try #require(Diagnosis.checks(findings, now: Self.now).first { $0.name == "disk" })
        #expect(check.isWell && check.finding.hasPrefix("cannot be known") && check.finding.hasSuffix("takes 40 MiB"))
    }

    @Test func `a row of a crash moments ago is none either`() {
        var findings = Self.healthy
        findings.peers.append(Self.peer("routing", expired: 40))
        #expect(Diagnosis.checks(findings, now: Self.now).allSatisfy { $0.isWell })
    }
}
