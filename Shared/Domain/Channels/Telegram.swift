/// The Telegram Bot API's messages, both ways.
package enum Telegram {
    /// The largest file that a bot can fetch.
    package static let photoLimit_bytes = 20 * 1_024 * 1_024

    /// The message of one call to the webhook, if it is a person's in a private chat; nothing of groups, channels and
    /// edits, nor what another bot writes. Nil for what is no JSON.
    package static func messages(_ body: [UInt8]) -> [ChatMessage]? {
        guard let update = try? JSONReader.read(body).value else { return nil }
        guard let id = update["update_id"]?.asWhole, let message = update["message"],
            let chat = message["chat"]?["id"]?.asWhole, message["chat"]?["type"]?.asText == "private",
            message["from"]?["is_bot"] != .bool(true), let seconds = message["date"]?.asWhole, seconds > 0
        else { return [] }
        return [
            ChatMessage(
                id: "\(id)", sender: "\(chat)", address: "\(chat)", sentAt: seconds, content: content(message))
        ]
    }

    private static func content(_ message: JSONValue) -> ChatMessage.Content {
        if let photo = largest(message["photo"]?.asList ?? []) {
            return .photo(photo, caption: message["caption"]?.asWritten)
        }
        // A picture that was sent as a file.
        if let file = message["document"], file["mime_type"]?.asText?.hasPrefix("image/") ?? false,
            let photo = largest([file])
        {
            return .photo(photo, caption: message["caption"]?.asWritten)
        }
        if let place = message["location"], let lat = place["latitude"]?.asNumber,
            let lon = place["longitude"]?.asNumber
        {
            let name = (message["venue"]?["title"] ?? message["venue"]?["address"])?.asWritten
            let accuracy = place["horizontal_accuracy"]?.asNumber.flatMap { $0 >= 0 ? $0 : nil }
            return .location(ChatLocation(lat: lat, lon: lon, accuracyMetres: accuracy, name: name))
        }
        return message["text"]?.asWritten.map(ChatMessage.Content.text) ?? .other
    }

    /// Of the sizes of one picture the largest that can be fetched.
    private static func largest(_ sizes: [JSONValue]) -> String? {
        func area(_ size: JSONValue) -> Double { (size["width"]?.asNumber ?? 0) * (size["height"]?.asNumber ?? 0) }
        let fetchable = sizes.filter {
            ($0["file_size"]?.asNumber ?? 0) <= Double(photoLimit_bytes) && $0["file_id"]?.asName != nil
        }
        return fetchable.max { area($0) < area($1) }?["file_id"]?.asName
    }

    // MARK: Outgoing

    /// The body of `sendMessage`. A button asks for the position; any other message takes it away again.
    ///
    /// - Parameter button: what stands on it.
    package static func text(_ delivery: ChatDelivery, button: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.key("chat_id")
            if let number = Int64(delivery.address) { writer.value(number) } else { writer.value(delivery.address) }
            writer.member("text", String(delivery.text.prefix(4_096)))
            writer.key("link_preview_options")
            writer.object { $0.member("is_disabled", true) }
            writer.key("reply_markup")
            writer.object { writer in
                guard delivery.asksPlace else { return writer.member("remove_keyboard", true) }
                writer.key("keyboard")
                writer.array { writer in
                    writer.array { writer in
                        writer.object {
                            $0.member("text", button)
                            $0.member("request_location", true)
                        }
                    }
                }
                writer.member("resize_keyboard", true)
                writer.member("one_time_keyboard", true)
            }
        }
        return writer.bytes
    }

    /// The body of `getFile`.
    package static func fileRequest(_ photo: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object { $0.member("file_id", photo) }
        return writer.bytes
    }

    /// The path of a file as `getFile` answers; nil for one that leads elsewhere.
    package static func filePath(_ answer: [UInt8]) -> String? {
        guard let path = (try? JSONReader.read(answer).value)?["result"]?["file_path"]?.asName else { return nil }
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = steps.allSatisfy { step in
            !step.hasPrefix(".") && WhatsApp.isPathStep(step.filter { $0 != "." })
        }
        return isPlain ? path : nil
    }

    /// What an answer to a message means.
    ///
    /// - Parameter wait: what `Retry-After` asked for, in seconds.
    package static func answer(_ status: Int, _ body: [UInt8], wait: Int?) -> ChatAnswer {
        switch status {
        // Blocked by the person, or gone.
        case 403: return .unreachable
        case 429:
            let asked = (try? JSONReader.read(body).value)?["parameters"]?["retry_after"]?.asWhole
            return .later(seconds: wait ?? asked.map(Int.init(clamping:)))
        default: return ChatAnswer(status: status, wait: wait)
        }
    }
}
