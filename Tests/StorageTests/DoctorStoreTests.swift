internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// What the doctor finds in the store.
@Suite(.serialized, .freshDatabase(.city))
struct DoctorStoreTests {
    let fixture = Fixture.current
    private static let sender = [UInt8](repeating: 0x5A, count: 32)

    /// The late chats, each as `channel kind count tried seconds`.
    private func late() async throws -> [String] {
        let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        return try await DoctorStore(pool: fixture.pool).findings(now: now).lateChats.map {
            // What the test takes itself does not count.
            "\($0.channel) \($0.kind.rawValue) \($0.count) \($0.tried) \(Int($0.seconds / 60) * 60)"
        }
    }

    private func chat(_ channel: String, sender: UInt8, due age_s: Int32?) async throws {
        _ = try await fixture.pool.query(
            """
            INSERT INTO chat (jurisdiction, channel, sender, heard_at, due_at)
            VALUES (\(TestCity.code), \(channel), \([UInt8](repeating: sender, count: 32)), now(),
                now() - \(age_s as Int32?) * interval '1 second')
            """)
    }

    private func message(_ channel: String, made age_s: Int32, attempts: Int16) async throws {
        _ = try await fixture.pool.query(
            """
            INSERT INTO chat_outbox (jurisdiction, id, channel, sender, sealed, key_id, made_at, due_at, attempts)
            VALUES (\(TestCity.code), \(UUID()), \(channel), \(Self.sender), \([UInt8]([7])), 1,
                now() - \(age_s) * interval '1 second', now() + interval '1 hour', \(attempts))
            """)
    }

    @Test func `where nobody uses chats nothing is late, nor what was said or made a moment ago`() async throws {
        #expect(try await late() == [])
        try await chat("whatsapp", sender: 1, due: 30)
        try await chat("whatsapp", sender: 2, due: -600)
        try await chat("telegram", sender: 3, due: nil)
        try await message("whatsapp", made: 200, attempts: 4)
        #expect(try await late() == [])
    }

    @Test func `chats, news and messages that wait for minutes are counted for each channel`() async throws {
        for (sender, age) in [(1, 150), (2, 310), (3, 10)] as [(UInt8, Int32)] {
            try await chat("whatsapp", sender: sender, due: age)
        }
        try await chat("telegram", sender: 1, due: 190)
        for (age, attempts) in [(700, 5), (400, 0), (20, 0)] as [(Int32, Int16)] {
            try await message("whatsapp", made: age, attempts: attempts)
        }
        let report = try TestCity.report(category: "sampah")
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.pool.query(
            """
            INSERT INTO chat_report (jurisdiction, report_id, channel, sender, sealed, key_id, due_at)
            VALUES (\(TestCity.code), \(report.id), 'telegram', \(Self.sender), \([UInt8]([7])), 1,
                now() - interval '250 seconds')
            """)
        #expect(
            try await late() == [
                "kupang/telegram chats 1 0 180", "kupang/telegram news 1 0 240", "kupang/whatsapp chats 2 0 300",
                "kupang/whatsapp messages 2 1 660",
            ])
    }
}
