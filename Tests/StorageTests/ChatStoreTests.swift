internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// Chats as intake's own login keeps them; what is sealed is of no interest here.
@Suite(.serialized, .freshDatabase(.city))
struct ChatStoreTests {
    let fixture = Fixture.current
    private static let person = ChatPerson(channel: .whatsapp, sender: [UInt8](repeating: 1, count: 32))
    private static let box = SealedBox(box: [7, 7], keyID: 1)

    private func asIntake<Result: Sendable>(
        _ body: @Sendable (ChatStore) async throws -> Result
    ) async throws -> Result {
        try await fixture.asRole("sasando_intake") { try await body(ChatStore(pool: $0)) }
    }

    private static func message(_ id: UInt8, sender: UInt8 = 1, at seconds: Int64 = 1_764_000_000) -> NewChatMessage {
        NewChatMessage(
            id: [UInt8](repeating: id, count: 32), sender: [UInt8](repeating: sender, count: 32),
            sentAt: Timestamp(seconds: seconds), sealed: SealedBox(box: [id], keyID: 1))
    }

    private func routed(_ category: String = "sampah") async throws -> NewReport {
        let report = try TestCity.report(category: category)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report
    }

    private func command(_ action: CommandRequest.Action, on id: UUID) async throws {
        let events = EventMaker(TestCity.loaded)
        _ = try await CommandStore(pool: fixture.pool).perform(
            on: id, by: "dlhk", in: TestCity.code, key: nil
        ) { work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: CommandRequest(action), by: .agency("dlhk"), at: now, city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "")
        }
    }

    /// A chat with the person, taken, and settled with what `change` makes of it.
    private static func progress(
        _ store: ChatStore, _ change: (inout ChatProgress) -> Void = { _ in }
    ) async throws -> Bool {
        _ = try await store.take([message(.random(in: 100...255))], from: .whatsapp, gather: 0, in: TestCity.code)
        let chat = try #require(try await store.due(1, for: 60, in: TestCity.code).first)
        var progress = ChatProgress(state: box, next: .rest)
        progress.seen = try await store.waiting(of: chat.person, in: TestCity.code).map(\.id)
        change(&progress)
        return try await store.settle(chat, progress, holding: 60, in: TestCity.code)
    }

    @Test func `a message is looked at once, however often and by how many it is delivered`() async throws {
        try await asIntake { store async throws in
            let both = [Self.message(2, at: 1_764_000_009), Self.message(1)]
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for messages in [both, both.reversed(), both] {
                    group.addTask { try await store.take(messages, from: .whatsapp, gather: 0, in: TestCity.code) }
                }
                return try await group.reduce(0, +)
            }
            #expect(counts == 1)
            // Of another channel it is another one.
            #expect(try await store.take([Self.message(1)], from: .telegram, gather: 60, in: TestCity.code) == 1)
            let due = try await store.due(9, for: 60, in: TestCity.code)
            #expect(due.map(\.person) == [Self.person] && due.first?.sealed == nil)
            let waiting = try await store.waiting(of: Self.person, in: TestCity.code)
            #expect(waiting.map(\.sealed.box) == [[1], [2]])
            var progress = ChatProgress(state: Self.box, next: .rest)
            progress.seen = waiting.map(\.id)
            #expect(try await store.settle(due[0], progress, holding: 60, in: TestCity.code))
            #expect(try await store.take(both, from: .whatsapp, gather: 0, in: TestCity.code) == 0)
            #expect(try await store.waiting(of: Self.person, in: TestCity.code).isEmpty)
            #expect(try await store.due(9, for: 60, in: TestCity.code).isEmpty)
        }
    }

    @Test func `what was written in one second stays in the order in which it came`() async throws {
        try await asIntake { store async throws in
            let first: [UInt8] = [9, 2, 200, 7, 5, 31]
            _ = try await store.take(
                first.map { Self.message($0) }, from: .whatsapp, gather: 0, in: TestCity.code)
            // What came before is delivered again with what is new; of a later second is what came first.
            let second: [UInt8] = [200, 40, 3, 9, 8]
            let later = Self.message(1, at: 1_764_000_001)
            _ = try await store.take(
                [later] + second.map { Self.message($0) }, from: .whatsapp, gather: 0, in: TestCity.code)
            let waiting = try await store.waiting(of: Self.person, in: TestCity.code)
            #expect(waiting.map { $0.id[0] } == first + [40, 3, 8, 1])
        }
    }

    @Test func `one looks at a chat at a time, and who is late changes nothing`() async throws {
        try await asIntake { store async throws in
            _ = try await store.take([Self.message(1)], from: .whatsapp, gather: 0, in: TestCity.code)
            let slow = try #require(try await store.due(1, for: -1, in: TestCity.code).first)
            let quick = try #require(try await store.due(1, for: 60, in: TestCity.code).first)
            #expect(try await store.due(1, for: 60, in: TestCity.code).isEmpty && quick.fence == slow.fence + 1)
            // What comes meanwhile is looked at next.
            _ = try await store.take([Self.message(2)], from: .whatsapp, gather: 0, in: TestCity.code)
            var progress = ChatProgress(state: Self.box, next: .rest)
            progress.seen = [[UInt8](repeating: 1, count: 32)]
            progress.deliveries = [NewChatDelivery(id: UUID(), sealed: Self.box)]
            #expect(try await store.settle(slow, progress, holding: 60, in: TestCity.code) == false)
            #expect(try await store.outgoing(9, for: 60, through: [.whatsapp], in: TestCity.code).isEmpty)
            #expect(try await store.settle(quick, progress, holding: 60, in: TestCity.code))
            let next = try #require(try await store.due(1, for: 60, in: TestCity.code).first)
            #expect(next.sealed?.box == Self.box.box)
            #expect(try await store.waiting(of: Self.person, in: TestCity.code).map(\.sealed.box) == [[2]])
        }
    }

    @Test func `a person has no more than so many messages waiting`() async throws {
        try await asIntake { store async throws in
            for id in 1...UInt8(ChatStore.waitingLimit) {
                _ = try await store.take([Self.message(id)], from: .whatsapp, gather: 0, in: TestCity.code)
            }
            #expect(try await store.take([Self.message(200)], from: .whatsapp, gather: 0, in: TestCity.code) == 0)
            #expect(
                try await store.take([Self.message(201, sender: 2)], from: .whatsapp, gather: 0, in: TestCity.code) == 1
            )
        }
    }

    @Test func `messages to a person go out in order, one at a time, and never by two at once`() async throws {
        let ids = [UUID(), UUID(), UUID()]
        try await asIntake { store async throws in
            #expect(
                try await Self.progress(store) { progress in
                    progress.deliveries = ids.map { NewChatDelivery(id: $0, sealed: Self.box) }
                })
            let first = try await store.outgoing(9, for: 60, through: [.whatsapp], in: TestCity.code)
            #expect(first.map(\.id) == [ids[0]] && first[0].attempts == 1 && first[0].heardAt != nil)
            #expect(try await store.outgoing(9, for: 60, through: [.whatsapp], in: TestCity.code).isEmpty)
            try await store.settle(first[0], .again(afterSeconds: 0), in: TestCity.code)
            let again = try await store.outgoing(9, for: 60, through: [.whatsapp], in: TestCity.code)
            #expect(again.map(\.id) == [ids[0]] && again[0].attempts == 2)
            // Who comes too late settles nothing.
            try await store.settle(first[0], .gone, in: TestCity.code)
            try await store.settle(again[0], .gone, in: TestCity.code)
            #expect(try await store.outgoing(9, for: 60, through: [.telegram], in: TestCity.code).isEmpty)
            let second = try await store.outgoing(9, for: 60, through: [.whatsapp], in: TestCity.code)
            #expect(second.map(\.id) == [ids[1]])
            try await store.settle(second[0], .unreachable, in: TestCity.code)
            #expect(try await store.outgoing(9, for: 60, through: [.whatsapp], in: TestCity.code).isEmpty)
        }
    }

    @Test func `who reported is told of each change once, and of the newest alone`() async throws {
        let report = try await routed()
        try await asIntake { store async throws in
            #expect(try await Self.progress(store) { $0.follows = (report.id, Self.box) })
        }
        try await command(.start, on: report.id)
        try await fixture.asRole("sasando_intake") { pool in
            let (store, push) = (ChatStore(pool: pool), PushStore(pool: pool))
            for position in try await push.positions(in: TestCity.code) where position.isBehind {
                _ = try await push.look(position, limit: 100, in: TestCity.code)
            }
            let delivery = NewChatDelivery(id: UUID(), sealed: Self.box)
            let count = try await store.tell(10, in: TestCity.code) { news in
                #expect(news.status == .inProgress && news.trackingCode == report.trackingCode)
                #expect(news.person == Self.person && news.address.box == Self.box.box)
                #expect(news.categories == ["sampah", "sampah"] && news.visibility == .public)
                return delivery
            }
            #expect(count == 1)
            #expect(try await store.tell(10, in: TestCity.code) { _ in nil } == 0)
            let sent = try await store.outgoing(9, for: 60, through: [.whatsapp], in: TestCity.code)
            #expect(sent.map(\.id) == [delivery.id] && sent[0].report == report.id)
        }
    }

    @Test func `nothing is told of what changed and changed back, nor after the person wants no more`() async throws {
        let report = try await routed()
        try await asIntake { store async throws in
            #expect(try await Self.progress(store) { $0.follows = (report.id, Self.box) })
            let count = try await store.tell(10, in: TestCity.code) { news in
                #expect(news.status == .assigned)
                return nil
            }
            #expect(count == 1)
            #expect(try await Self.progress(store) { $0.endsNews = true })
        }
        #expect(try await fixture.pool.query("SELECT FROM chat_report").isEmpty)
    }

    @Test func `a chat goes with its report's erasure, and all of it in its time`() async throws {
        let (erased, ended) = (try await routed(), try await routed())
        try await asIntake { store async throws in
            #expect(
                try await Self.progress(store) { progress in
                    progress.follows = (erased.id, Self.box)
                    progress.deliveries = [NewChatDelivery(id: UUID(), sealed: Self.box)]
                })
        }
        let result = try await fixture.asRole("sasando_intake") { pool in
            try await ErasureStore(pool: pool).erase(
                erased.id, key: CommandKey(text: "h", requestHash: [UInt8](repeating: 0, count: 32)),
                of: TestCity.loaded
            ) { _ in "{}" }
        }
        guard case .done = result else { return #expect(Bool(false), "\(result)") }
        for table in ["chat", "chat_message", "chat_report", "chat_outbox"] {
            let rows = try await fixture.pool.query("SELECT count(*) FROM \(identifier: table)")
            #expect(try rows.one().decode(Int64.self, at: 0) == 0, "\(table)")
        }
        try await asIntake { store async throws in
            #expect(try await Self.progress(store) { $0.follows = (ended.id, Self.box) })
            _ = try await store.tell(10, in: TestCity.code) { _ in nil }
            // Of an erased report nobody is told anything.
            #expect(try await Self.progress(store) { $0.follows = (erased.id, Self.box) })
        }
        try await command(.reject(.invalid, of: nil, referTo: nil), on: ended.id)
        _ = try await fixture.pool.query(
            "UPDATE chat SET heard_at = now() - interval '3 days', due_at = NULL")
        _ = try await fixture.pool.query("UPDATE chat_message SET received_at = now() - interval '9 days'")
        let left = try await asIntake { store async throws in
            try await store.forget(in: TestCity.code, endedBefore: 0, limit: 10)
        }
        #expect(left > 0)
        for table in ["chat", "chat_message", "chat_report"] {
            let rows = try await fixture.pool.query("SELECT count(*) FROM \(identifier: table)")
            #expect(try rows.one().decode(Int64.self, at: 0) == 0, "\(table)")
        }
    }

    @Test func `what a key has sealed is counted, and sealed anew with another`() async throws {
        let report = try await routed()
        try await asIntake { store async throws in
            #expect(try await Self.progress(store) { $0.follows = (report.id, Self.box) })
        }
        let store = PrivacyStore(pool: fixture.pool)
        #expect(try await store.keyCounts(in: TestCity.code) == [1: 2])
        let count = try await store.resealChats(to: 2, in: TestCity.code) { box, owner in
            #expect(box.box == Self.box.box && !owner.isEmpty)
            return SealedBox(box: [9], keyID: 2)
        }
        #expect(count == 2)
        #expect(try await store.resealChats(to: 2, in: TestCity.code) { box, _ in box } == 0)
        #expect(try await store.keyCounts(in: TestCity.code) == [2: 2])
    }

    @Test(
        arguments: ["sasando_routing", "sasando_kupang_dlhk", "sasando_analytics"],
        ["chat", "chat_message", "chat_report", "chat_outbox"])
    func `no other role learns who writes`(role: String, table: String) async throws {
        try await fixture.asRole(role) { pool in
            let error = await #expect(throws: PostgresError.self) {
                _ = try await pool.query("SELECT * FROM \(identifier: table)")
            }
            #expect(error?.sqlState == .insufficientPrivilege)
        }
    }
}
