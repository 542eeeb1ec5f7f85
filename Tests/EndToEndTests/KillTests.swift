internal import Domain
internal import Foundation
internal import PostgreSQL
internal import Synchronization
internal import TestSupport
internal import Testing

extension EndToEnd {
    @Suite("Kills", .stack())
    struct KillTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)
        static let followed = ["dlhk", "dishub", "kominfo"]

        @Test("nothing acknowledged is lost or doubled, and order holds, whatever is killed", .timeLimit(.minutes(20)))
        func kills() async throws {
            let seed = TestSettings.seed
            let prefix = "kill-\(seed)"
            let begun = ContinuousClock.now
            let sender = ReportSender(stack.integrator, total: TestSettings.reports, prefix: prefix)
            let officers = Officers(stack, agencies: ["dlhk", "dishub", "kominfo"], seed: seed)
            let killer = Killer(stack, seed: seed)
            let followers = Self.followed.map { agency in
                let random = Mutex(SeededGenerator(seed: seed &+ UInt64(agency.utf8.count)))
                return StreamFollower(
                    agency, stack.agency(agency),
                    forgets: { random.withLock { Bool.random(using: &$0) ? Int64.random(in: 0...50, using: &$0) : 0 } })
            }
            let pullers = Self.followed.map { StreamPuller($0, stack.agency($0)) }
            try await withThrowingTaskGroup(of: Void.self) { consumers in
                for follower in followers { consumers.addTask { await follower.run() } }
                for puller in pullers { consumers.addTask { await puller.run() } }
                await withTaskGroup(of: Void.self) { disturbance in
                    disturbance.addTask { await killer.run { Double(sender.count) / Double(TestSettings.reports) } }
                    disturbance.addTask { await officers.run(each: 1, pause: .milliseconds(100)) }
                    await sender.run(clients: 8)
                    disturbance.cancelAll()
                }
                let sent = ContinuousClock.now - begun
                try await settle(followers, pullers)
                consumers.cancelAll()
                print(
                    "Kills (seed \(seed)): \(sender.count) reports in \(sent), \(killer.summary);",
                    "\(sender.sent.refused) refused, \(sender.sent.broken) lines broken, \(sender.sent.repeated) repeats;",
                    "commands \(officers.done.commands.values.reduce(0, +));",
                    "reconnects \(followers.map { $0.seen.connections - 1 })")
            }
            let seen = "seed \(seed); \(killer.log.joined(separator: "; "))"
            try await checkStored(sender, prefix, seen)
            try await checkConsumers(followers, pullers, seen)
            #expect(officers.done.faults == [], "\(seen)")
            #expect(killer.count >= 5 && killer.storeKills == 1, "too little was killed: \(seen)")
        }

        /// Once nothing is killed any more, all that waits passes within 30 s.
        private func settle(_ followers: [StreamFollower], _ pullers: [StreamPuller]) async throws {
            for name in await stack.processes where await stack.address(of: name) != nil && name != Stack.frontDoor {
                try await stack.awaitReady(name)
            }
            try await wait(for: "the inbox to drain", within: .seconds(30)) { try await audit.waiting == 0 }
            for (follower, puller) in zip(followers, pullers) {
                let head = try await audit.count("SELECT head FROM stream WHERE code = \(follower.agency)")
                try await wait(for: "\(follower.agency)'s consumers to have all \(head)", within: .seconds(30)) {
                    follower.last >= head && (puller.last >= head || !puller.faults.isEmpty)
                }
            }
            try await wait(for: "analytics to have folded all", within: .seconds(30)) { try await audit.isFolded() }
        }

        private func checkStored(_ sender: ReportSender, _ prefix: String, _ seen: String) async throws {
            let sent = sender.sent
            #expect(sent.faults == [], "\(seen)")
            #expect(sent.acknowledged.count == TestSettings.reports, "\(seen)")
            #expect(sent.repeated > 0)
            let numbers = sent.acknowledged.keys.sorted()
            let keys = numbers.map { "k:" + ReportSender.key(prefix, $0) }
            let ids = numbers.map { sent.acknowledged[$0]! }
            let lost = try await audit.missing(keys: keys, ids: ids)
            #expect(lost == 0, "acknowledged, and not stored as acknowledged; \(seen)")
            let stored = try await audit.count("SELECT count(*) FROM report")
            #expect(stored == TestSettings.reports, "more reports are stored than were sent; \(seen)")
            let faults = try await audit.faults()
            #expect(faults == [], "\(seen)")
            let summary = try await stack.summary()
            #expect(summary.status == 200)
            #expect(try await audit.faults(ofSummary: summary.json) == [], "\(seen)")
        }

        /// Events as a page of them is written.
        private static func page(of events: ArraySlice<[UInt8]>) -> [UInt8] {
            var bytes = Array("[".utf8)
            for (index, event) in events.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.append(contentsOf: event)
            }
            bytes.append(UInt8(ascii: "]"))
            return bytes
        }

        /// What the consumers saw is what is stored, byte for byte, from the first event on.
        private func checkConsumers(
            _ followers: [StreamFollower], _ pullers: [StreamPuller], _ seen: String
        ) async throws {
            for (follower, puller) in zip(followers, pullers) {
                let stored = try await audit.bodies(of: follower.agency)
                let live = follower.seen
                #expect(live.faults == [], "\(follower.agency), live; \(seen)")
                #expect(live.events.count == Int(live.last), "\(follower.agency) saw a part; \(seen)")
                #expect(live.last <= stored.count)
                let differing = live.events.filter { stored[Int($0.key) - 1] != $0.value }.map(\.key)
                #expect(differing.isEmpty, "\(follower.agency): \(differing.sorted().prefix(5)) differ; \(seen)")
                #expect(puller.faults == [], "\(puller.agency), by pages; \(seen)")
                #expect(puller.last <= stored.count)
                for page in puller.pages {
                    let isSame = page.bytes == Self.page(of: stored[Int(page.after)..<Int(page.next)])
                    #expect(isSame, "\(puller.agency): the page after \(page.after) differs; \(seen)")
                }
            }
        }
    }
}

/// Kills a service every one to three seconds, and the database's first process once.
final class Killer: Sendable {
    private let stack: Stack
    private let random: Mutex<SeededGenerator>
    private let state = Mutex<(log: [String], storeKills: Int)>(([], 0))
    /// The share of the load after which the database is killed.
    private static let storeShare = 0.4

    init(_ stack: Stack, seed: UInt64) {
        self.stack = stack
        random = Mutex(SeededGenerator(seed: seed))
    }

    var log: [String] { state.withLock(\.log) }
    var count: Int { log.count }
    var storeKills: Int { state.withLock(\.storeKills) }

    var summary: String {
        let names = log.map { $0.split(separator: " ").last.map(String.init) ?? "" }
        let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
        return "kills: " + counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// - Parameter progress: the share of the load that is through.
    func run(progress: @Sendable () -> Double) async {
        let begun = ContinuousClock.now
        let victims = await stack.processes.filter { $0 != Stack.store && $0 != Stack.frontDoor }
        while true {
            let (pause, name) = random.withLock { random in
                (Int.random(in: 1_000...3_000, using: &random), victims.randomElement(using: &random)!)
            }
            // pause: the time between two kills
            do { try await Task.sleep(for: .milliseconds(pause)) } catch { return }
            let isStoreDue = storeKills == 0 && progress() > Self.storeShare
            let victim = isStoreDue ? Stack.store : name
            guard (try? await stack.signal(victim, SIGKILL)) != nil else { continue }
            state.withLock { state in
                state.log.append("\(Int((ContinuousClock.now - begun).milliseconds)) ms \(victim)")
                if isStoreDue { state.storeKills += 1 }
            }
        }
    }
}
