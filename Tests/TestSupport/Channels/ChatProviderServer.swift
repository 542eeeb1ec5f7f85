internal import Crypto
package import Domain
internal import Foundation
internal import Glibc

/// WhatsApp's and Telegram's servers, as a process of its own: `chat_provider.py`. It goes away with this value.
package final class ChatProviderServer: Sendable {
    /// `https://127.0.0.1:PORT`
    package let origin: String
    /// The file of the certificate that it shows.
    package let certificate: String
    package let token = "token-uji"
    package let number = "12345"
    private let folder: URL
    private let process: ChildProcess
    private let lifeline: CInt

    package static func start() async throws -> ChatProviderServer {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-chat-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "chat_provider.py").path
        let log = folder.appending(path: "log").path
        // It ends when our end of this pipe closes, however this process ends.
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Stack.Failure(description: "pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let process = try ChildProcess(["/usr/bin/python3", script, folder.path], input: ends[0], output: log)
        let ready = folder.appending(path: "ready.json")
        try await wait(for: "the chat provider", within: .seconds(30)) {
            if process.hasEnded() { throw Stack.Failure(description: ChildProcess.tail(of: log)) }
            return FileManager.default.fileExists(atPath: ready.path)
        }
        return try ChatProviderServer(
            folder, process, ends[1], try JSONValue(parsing: try Data(contentsOf: ready)))
    }

    private init(_ folder: URL, _ process: ChildProcess, _ lifeline: CInt, _ told: JSONValue) throws {
        guard let origin = told["origin"]?.text, let certificate = told["certificate"]?.text else {
            throw Stack.Failure(description: "the chat provider says \(told.json)")
        }
        (self.folder, self.process, self.origin, self.certificate) = (folder, process, origin, certificate)
        self.lifeline = lifeline
    }

    deinit {
        process.send(SIGKILL)
        close(lifeline)
        process.wait()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A photo that can be fetched from now on under this name.
    package func offer(_ bytes: [UInt8], as name: String) throws {
        try Data(bytes).write(to: folder.appending(path: "offered").appending(path: name))
    }

    /// The messages to a person so far, whatever they were answered with, the earliest first.
    package func sent(to person: String) -> [JSONValue] {
        let log = (try? Data(contentsOf: folder.appending(path: "sent.jsonl"))) ?? Data()
        return log.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: Data($0)) }
            .filter { line in
                let body = line["body"]
                let chat = body?["chat_id"]?.number.map { String(Int64($0)) }
                return [body?["to"]?.text, body?["recipient"]?.text, chat].contains(person)
            }
    }

    /// The texts of the messages that were taken.
    package func texts(to person: String) -> [String] {
        sent(to: person).filter { $0["status"]?.number == 200 }.compactMap { line in
            let body = line["body"]
            return body?["text"]?.text ?? body?["text"]?["body"]?.text
                ?? body?["interactive"]?["body"]?["text"]?.text ?? body?["template"]?["name"]?.text
        }
    }

    /// Settings of intake that lead here; the secrets are written into files beside the certificate.
    package func settings(gather: Int) throws -> [String: String] {
        func file(_ name: String, _ text: String) throws -> String {
            let place = folder.appending(path: name)
            try Data(text.utf8).write(to: place)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.path)
            return place.path
        }
        return [
            "SASANDO_OUTBOUND_ALLOW": "127.0.0.1", "SASANDO_OUTBOUND_CA_FILE": certificate,
            "SASANDO_CHAT_GATHER": "\(gather)",
            "SASANDO_WHATSAPP_API": origin + "/wa", "SASANDO_WHATSAPP_MEDIA": origin,
            "SASANDO_WHATSAPP_NUMBER": number, "SASANDO_WHATSAPP_TOKEN_FILE": try file("wa.token", token),
            "SASANDO_WHATSAPP_APP_SECRET_FILE": try file("wa.secret", Self.appSecret),
            "SASANDO_WHATSAPP_VERIFY_TOKEN_FILE": try file("wa.verify", Self.verifyToken),
            "SASANDO_TELEGRAM_API": origin + "/tg", "SASANDO_TELEGRAM_TOKEN_FILE": try file("tg.token", token),
            "SASANDO_TELEGRAM_SECRET_FILE": try file("tg.secret", Self.telegramSecret),
        ]
    }

    package static let appSecret = "rahasia-aplikasi"
    package static let verifyToken = "token-pemeriksaan"
    package static let telegramSecret = "rahasia_telegram"

    // MARK: What the providers bring

    /// The value of `X-Hub-Signature-256`.
    package static func signature(_ body: [UInt8], _ secret: String = appSecret) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(secret.utf8)))
        return "sha256=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// One message of WhatsApp's webhook; `content` is what its type brings.
    package static func whatsapp(
        _ content: JSONValue, type: String, from person: String, id: String, at seconds: Int64
    ) -> [UInt8] {
        let message: JSONValue = [
            "from": .string(person), "id": .string(id), "timestamp": .string("\(seconds)"), "type": .string(type),
            type: content,
        ]
        let value: JSONValue = [
            "messaging_product": "whatsapp",
            "metadata": ["display_phone_number": "62380000", "phone_number_id": "12345"],
            "contacts": [["profile": ["name": "Yuli"], "wa_id": .string(person)]], "messages": [message],
        ]
        let body: JSONValue = [
            "object": "whatsapp_business_account",
            "entry": [["id": "1", "changes": [["field": "messages", "value": value]]]],
        ]
        return Array(body.json.utf8)
    }

    /// One update of Telegram's webhook; `content` are the message's members.
    package static func telegram(
        _ content: [String: JSONValue], from person: Int64, update: Int64, at seconds: Int64
    ) -> [UInt8] {
        var message = content
        message["message_id"] = .int(update)
        message["from"] = ["id": .int(person), "is_bot": false, "first_name": "Yuli"]
        message["chat"] = ["id": .int(person), "type": "private"]
        message["date"] = .int(seconds)
        let body: JSONValue = ["update_id": .int(update), "message": .object(message)]
        return Array(body.json.utf8)
    }
}
