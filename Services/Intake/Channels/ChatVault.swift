internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// What is stored of a chat, sealed: who it is with stands in the store as a digest, and nowhere else.
struct ChatVault: Sendable {
    /// A conversation with where its person is written to.
    struct Chat: Sendable, Codable {
        var conversation = Conversation()
        var address: String
    }

    private let identities: IdentityKeyring
    private let key: SymmetricKey

    /// - Parameter secret: never changes, so that a person is found again after the sealing key did.
    init(identities: IdentityKeyring, secret: [UInt8]) {
        self.identities = identities
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Array("sasando chat".utf8), outputByteCount: 32)
    }

    /// What stands for a person, or for a message: without the key nobody can try numbers until one fits.
    private func digest(_ kind: String, _ text: String, of channel: ChannelCode) -> [UInt8] {
        let named = Array("\(kind)\n\(channel)\n\(text)".utf8)
        return Array(HMAC<SHA256>.authenticationCode(for: named, using: key))
    }

    /// A message as it is stored; a clock that is wrong does not bring the order of others into disorder.
    func stored(_ message: ChatMessage, from channel: ChannelCode, now: Timestamp) throws -> NewChatMessage {
        let id = digest("message", message.id, of: channel)
        let bytes = Array(try JSONEncoder().encode(message))
        return NewChatMessage(
            id: id, sender: digest("sender", message.sender, of: channel),
            sentAt: min(Timestamp(seconds: min(message.sentAt, 253_402_300_799)), now),
            sealed: try identities.seal(bytes, of: PrivacyStore.ChatSeal.message(id)))
    }

    func message(_ waiting: WaitingChatMessage) throws -> ChatMessage {
        let bytes = try identities.open(waiting.sealed, of: PrivacyStore.ChatSeal.message(waiting.id))
        return try JSONDecoder().decode(ChatMessage.self, from: Data(bytes))
    }

    func seal(_ chat: Chat, of person: ChatPerson) throws -> SealedBox {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try identities.seal(
            Array(try encoder.encode(chat)), of: PrivacyStore.ChatSeal.conversation(person.sender))
    }

    func chat(_ sealed: SealedBox, of person: ChatPerson) throws -> Chat {
        let bytes = try identities.open(sealed, of: PrivacyStore.ChatSeal.conversation(person.sender))
        return try JSONDecoder().decode(Chat.self, from: Data(bytes))
    }

    func seal(address: String, of report: UUID) throws -> SealedBox {
        try identities.seal(Array(address.utf8), of: PrivacyStore.ChatSeal.address(of: report))
    }

    func address(_ sealed: SealedBox, of report: UUID) throws -> String {
        String(
            decoding: try identities.open(sealed, of: PrivacyStore.ChatSeal.address(of: report)), as: UTF8.self)
    }

    func outgoing(_ delivery: ChatDelivery) throws -> NewChatDelivery {
        let id = UUID()
        let bytes = Array(try JSONEncoder().encode(delivery))
        return NewChatDelivery(id: id, sealed: try identities.seal(bytes, of: PrivacyStore.ChatSeal.delivery(id)))
    }

    func delivery(_ due: DueChatDelivery) throws -> ChatDelivery {
        let bytes = try identities.open(due.sealed, of: PrivacyStore.ChatSeal.delivery(due.id))
        return try JSONDecoder().decode(ChatDelivery.self, from: Data(bytes))
    }
}
