internal import Domain
internal import Foundation
internal import PostgreSQL
internal import Synchronization
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// Reports come in by every door at once and leave by every stream, while whatever there is gets killed.
    @Suite("All doors")
    struct AllDoorsTests {
        @Test(
            "nothing acknowledged by any door is lost or doubled, and every stream tells all of it in order",
            .timeLimit(.minutes(10)))
        func kills() async throws {
            let provider = try await ChatProviderServer.start()
            let receiver = try await WebhookReceiver.start()
            try await RunningStack.with(environment: try provider.settings(gather: 1)) {
                try await Play(receiver: receiver).run()
            }
        }
    }
}

/// What is sent, by whom it is read, and what must come of it.
private struct Play: Sendable {
    let receiver: WebhookReceiver
    let stack = RunningStack.current.stack
    let audit = StoreAudit(pool: RunningStack.current.pool)
    let sent = Sent()

    /// How many reports come by each door; all of them are one agency's.
    static let counts = ["http": 300, "zeromq": 1_500, "bulk": 1_500, "open311": 300, "telegram": 20]
    static let total = counts.values.reduce(0, +)
    static let agency = "dlhk"
    /// The integrator's own stream, which tells of all but the chats'.
    static let channel = "channel/integrator"
    static let ofChannel = total - counts["telegram"]!

    /// What was acknowledged: ids or tracking codes, by door.
    final class Sent: Sendable {
        private let names = Mutex<[String: Set<String>]>([:])

        func add(_ found: some Sequence<String>, by door: String) {
            names.withLock { $0[door, default: []].formUnion(found) }
        }
        var count: Int { names.withLock { $0.values.map(\.count).reduce(0, +) } }
        subscript(door: String) -> Set<String> { names.withLock { $0[door] ?? [] } }
    }

    func run() async throws {
        let ofAgency = Listening(Self.agency, stack.agency(Self.agency), "/ok/all", Self.total)
        let ofChannel = Listening(Self.channel, stack.integrator, "/ok/channel", Self.ofChannel)
        for listening in [ofAgency, ofChannel] { try await listening.addWebhook(at: receiver) }
        let killer = Killer(stack, seed: TestSettings.seed)
        async let overZeroMQ = ofAgency.overZeroMQ(stack.home)
        async let channelOverZeroMQ = ofChannel.overZeroMQ(stack.home)
        try await withThrowingTaskGroup(of: Void.self) { consumers in
            for listening in [ofAgency, ofChannel] {
                consumers.addTask { await listening.follower.run() }
                consumers.addTask { await listening.puller.run() }
            }
            try await withThrowingTaskGroup(of: Void.self) { senders in
                let disturbance = Task { await killer.run { Double(sent.count) / Double(Self.total) } }
                defer { disturbance.cancel() }
                senders.addTask { try await sendOverHTTP() }
                senders.addTask { try await sendOverZeroMQ() }
                senders.addTask { try await sendInBulk() }
                senders.addTask { try await sendByOpen311() }
                senders.addTask { try await sendInChats() }
                try await senders.waitForAll()
            }
            try await settle([ofAgency, ofChannel])
            consumers.cancelAll()
        }
        let seen = "seed \(TestSettings.seed); \(killer.log.joined(separator: "; "))"
        print("All doors: \(sent.count) reports, \(killer.summary)")
        #expect(killer.count >= 4 && killer.storeKills == 1, "too little was killed: \(seen)")
        try await checkStored(seen)
        try await ofAgency.check(audit, receiver, try await overZeroMQ, seen)
        try await ofChannel.check(audit, receiver, try await channelOverZeroMQ, seen)
    }

    // MARK: Doors

    /// Again and again until there is the answer that there should be.
    private func insist(_ what: String, _ attempt: @Sendable () async throws -> Answer) async throws -> Answer {
        var last: Answer?
        for _ in 0..<600 {
            if let answer = try? await attempt() {
                if (200...201).contains(answer.status) { return answer }
                last = answer
                #expect(answer.status >= 500, "\(what): \(answer)")
            }
            // pause: before the same is sent again
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Unexpected("\(what) was never taken: \(last.map { "\($0)" } ?? "nobody answers")")
    }

    private func sendOverHTTP() async throws {
        for n in 0..<Self.counts["http"]! {
            let door = stack.integrator.with("Idempotency-Key", "http-\(n)")
            let answer = try await insist("report \(n)") { try await door.post("/v1/reports", json: Sample.report()) }
            sent.add([try #require(answer["id"]?.text)], by: "http")
            // pause: so that there is traffic for as long as there are kills
            try await Task.sleep(for: .milliseconds(40))
        }
    }

    private func sendOverZeroMQ() async throws {
        let seen = try await IngressClient(home: stack.home)
            .run("insist", "zeromq", "\(Self.counts["zeromq"]!)", within: .seconds(150))
        guard case .object(let answers)? = seen["answers"] else { throw Unexpected(seen.json) }
        sent.add(answers.values.compactMap(\.text), by: "zeromq")
    }

    private func sendInBulk() async throws {
        let size = 150
        for start in stride(from: 0, to: Self.counts["bulk"]!, by: size) {
            let text = BulkUpload.ndjson(
                (start..<start + size).map { Sample.report().setting("external_id", .string("bulk-\($0)")) })
            var ids: [String] = []
            try await wait(for: "an upload to be taken whole", within: .seconds(60)) {
                guard let answer = try? await BulkUpload.send(text, to: stack.integrator), answer.status == 200,
                    let lines = try? BulkUpload.lines(of: answer)
                else { return false }
                ids = lines.filter { $0.status <= 201 }.compactMap(\.id)
                return ids.count == size
            }
            sent.add(ids, by: "bulk")
            // pause: so that there is traffic for as long as there are kills
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func sendByOpen311() async throws {
        let form = "api_key=\(stack.credentials.integratorKey)&service_code=sampah&address_id=53.71.04.1008"
        for n in 0..<Self.counts["open311"]! {
            let door = stack.door.with("Idempotency-Key", "open311-\(n)")
            let answer = try await insist("request \(n)") {
                try await door.post("/open311/v2/requests.json", form: form + "&description=Sampah+\(n)")
            }
            sent.add([try #require(answer.json.elements.first?["service_request_id"]?.text)], by: "open311")
            // pause: so that there is traffic for as long as there are kills
            try await Task.sleep(for: .milliseconds(40))
        }
    }

    /// A chat is acknowledged message by message; that each makes one report shows in the store.
    private func sendInChats() async throws {
        let door = stack.door.with("X-Telegram-Bot-Api-Secret-Token", ChatProviderServer.telegramSecret)
        for n in 0..<Self.counts["telegram"]! {
            let contents: [[String: JSONValue]] = [
                ["text": "Tumpukan sampah di tepi jalan"], ["location": ["latitude": -10.1583, "longitude": 123.6070]],
            ]
            for (part, content) in contents.enumerated() {
                let body = ChatProviderServer.telegram(
                    content, from: Int64(7_000 + n), update: Int64(n * 2 + part + 1),
                    at: Int64(Date().timeIntervalSince1970))
                _ = try await insist("message \(n)") {
                    try await door.send("POST", "/channels/telegram", type: "application/json", body: body)
                }
            }
            sent.add(["\(n)"], by: "telegram")
            // pause: so that there is traffic for as long as there are kills
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    // MARK: What must hold

    private func settle(_ listening: [Listening]) async throws {
        for name in await stack.processes where await stack.address(of: name) != nil && name != Stack.frontDoor {
            try await stack.awaitReady(name)
        }
        // A chat that was in hand when intake was killed has its lease to outlast.
        for one in listening {
            try await wait(for: "every report to be in the stream \(one.stream)", within: .seconds(120)) {
                try await audit.count("SELECT count(*) FROM stream_event WHERE stream = \(one.stream)") >= one.total
            }
            try await wait(for: "consumers of \(one.stream) to have all", within: .seconds(60)) {
                one.follower.last >= one.total && one.puller.last >= one.total
            }
            // As has a webhook.
            try await wait(for: "the webhook of \(one.stream) to have all", within: .seconds(120)) {
                Set(receiver.ids(one.path)).count >= one.total
            }
        }
    }

    private func checkStored(_ seen: String) async throws {
        for (door, count) in Self.counts {
            #expect(sent[door].count == count, "acknowledged by \(door); \(seen)")
        }
        let rows = try await RunningStack.current.pool.query("SELECT id::text, tracking_code, channel FROM report")
        #expect(rows.count == Self.total, "more reports are stored than were sent, or fewer; \(seen)")
        var (ids, codes, chats): (Set<String>, Set<String>, Int) = ([], [], 0)
        for row in rows {
            ids.insert(try row.decode(String.self, at: 0))
            codes.insert(try row.decode(String.self, at: 1))
            if try row.decode(String.self, at: 2) == "telegram" { chats += 1 }
        }
        for door in ["http", "zeromq", "bulk"] {
            #expect(sent[door].subtracting(ids).isEmpty, "acknowledged by \(door) and not stored; \(seen)")
        }
        #expect(sent["open311"].subtracting(codes).isEmpty, "acknowledged by Open311 and not stored; \(seen)")
        #expect(chats == Self.counts["telegram"], "\(seen)")
        #expect(try await audit.faults() == [], "\(seen)")
    }
}

/// All who listen to one stream.
private struct Listening: Sendable {
    let stream: String
    let follower: StreamFollower
    let puller: StreamPuller
    /// Of the webhook, at the receiver.
    let path: String
    /// The events that there must be.
    let total: Int
    private let door: Door

    init(_ stream: String, _ door: Door, _ path: String, _ total: Int) {
        self.stream = stream
        self.door = door
        self.path = path
        self.total = total
        follower = StreamFollower(stream, door, forgets: { 0 })
        puller = StreamPuller(stream, door)
    }

    func addWebhook(at receiver: WebhookReceiver) async throws {
        let made = try await door.post(
            StreamCode(rawValue: stream).root + "/webhooks",
            json: ["url": .string(receiver.origin + path), "after": "earliest"])
        try receiver.know([try #require(made["secret"]?.text, "\(made)")])
    }

    func overZeroMQ(_ home: URL) async throws -> JSONValue {
        try await StreamClient(home: home, agency: stream).run("insist", "", "\(total)", within: .seconds(400))
    }

    func check(
        _ audit: StoreAudit, _ receiver: WebhookReceiver, _ overZeroMQ: JSONValue, _ seen: String
    ) async throws {
        let seen: Comment = "\(stream); \(seen)"
        let stored = try await audit.bodies(of: stream)
        #expect(stored.count == total, seen)
        #expect(follower.seen.faults == [] && follower.seen.events.count == total, seen)
        #expect(follower.seen.events.allSatisfy { stored[Int($0.key) - 1] == $0.value }, seen)
        #expect(puller.faults == [] && puller.last == total, seen)
        let cursors = overZeroMQ["cursors"]?.elements.compactMap(\.text) ?? []
        #expect(cursors == (1...total).map { "1-\($0)" }, seen)
        let ids = try stored.map { try JSONValue(parsing: $0)["id"]?.text ?? "" }
        var (known, first): (Set<String>, [String]) = ([], [])
        for id in receiver.ids(path) where known.insert(id).inserted { first.append(id) }
        #expect(first == ids, seen)
    }
}
