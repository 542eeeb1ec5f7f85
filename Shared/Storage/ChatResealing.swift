package import Domain
package import FoundationEssentials
internal import PostgreSQL

extension PrivacyStore {
    /// What a chat's sealed parts are bound to.
    package enum ChatSeal {
        package static func conversation(_ sender: [UInt8]) -> [UInt8] { Array("chat:".utf8) + sender }
        package static func address(of report: UUID) -> [UInt8] { Array("chat report:\(report.text)".utf8) }
        package static func message(_ id: [UInt8]) -> [UInt8] { Array("chat message:".utf8) + id }
        package static func delivery(_ id: UUID) -> [UInt8] { Array("chat delivery:\(id.text)".utf8) }
    }

    /// Seals a portion anew of what stays for long: where the people are written to whose reports are open, and chats
    /// that go on. Messages on their way are gone before any key is.
    ///
    /// - Returns: how many there were; 0 where none is left.
    package func resealChats(
        to newest: Int32, in jurisdiction: JurisdictionCode,
        by reseal: @Sendable (SealedBox, _ owner: [UInt8]) throws -> SealedBox
    ) async throws -> Int {
        try await pool.withTransaction { tx in
            let results = try await tx.pipeline([
                """
                SELECT sealed, key_id, report_id FROM chat_report
                WHERE jurisdiction = \(jurisdiction) AND key_id <> \(newest)
                ORDER BY report_id LIMIT \(literal: Self.resealLimit) FOR UPDATE
                """,
                """
                SELECT sealed, key_id, channel, sender FROM chat
                WHERE jurisdiction = \(jurisdiction) AND key_id <> \(newest)
                ORDER BY channel, sender LIMIT \(literal: Self.resealLimit) FOR UPDATE
                """,
            ])
            var statements: [SQL] = []
            for row in results[0] {
                let report = try row.decode(UUID.self, at: 2)
                let box = try reseal(try Self.box(row), ChatSeal.address(of: report))
                statements.append(
                    """
                    UPDATE chat_report SET sealed = \(box.box), key_id = \(box.keyID)
                    WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)
                    """)
            }
            for row in results[1] {
                let sender = try row.decode([UInt8].self, at: 3)
                let box = try reseal(try Self.box(row), ChatSeal.conversation(sender))
                statements.append(
                    """
                    UPDATE chat SET sealed = \(box.box), key_id = \(box.keyID)
                    WHERE jurisdiction = \(jurisdiction) AND channel = \(try row.decode(ChannelCode.self, at: 2))
                        AND sender = \(sender)
                    """)
            }
            guard !statements.isEmpty else { return 0 }
            _ = try await tx.commit(after: statements)
            return statements.count
        }
    }

    private static func box(_ row: Row) throws -> SealedBox {
        SealedBox(box: try row.decode([UInt8].self, at: 0), keyID: try row.decode(Int32.self, at: 1))
    }
}
