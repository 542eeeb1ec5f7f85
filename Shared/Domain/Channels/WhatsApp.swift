/// The WhatsApp Cloud API's messages, both ways.
package enum WhatsApp {
    /// Free text is taken so long after the person's last message; after that an approved template alone.
    package static let windowSeconds = 24 * 3_600

    /// The messages of one call to the webhook, in the order in which they stand; what is none (deliveries, errors,
    /// fields that we do not know) is passed over. Nil for what is no JSON.
    ///
    /// - Parameter number: the id of the number that is ours; messages to another one are not.
    package static func messages(_ body: [UInt8], to number: String?) -> [ChatMessage]? {
        guard let root = try? JSONReader.read(body).value else { return nil }
        var messages: [ChatMessage] = []
        for entry in root["entry"]?.asList ?? [] {
            for change in entry["changes"]?.asList ?? [] where change["field"]?.asText == "messages" {
                guard let value = change["value"] else { continue }
                let addressed = value["metadata"]?["phone_number_id"]?.asText
                if let number, let addressed, addressed != number { continue }
                let brought = value["messages"]?.asList ?? []
                let senders = Senders(value["contacts"]?.asList ?? [], of: brought)
                messages += brought.compactMap { message($0, senders) }
            }
        }
        return messages
    }

    /// Who has sent the messages of one change. Several people may have, and not each has a contact there: nobody is
    /// taken for another.
    private struct Senders {
        /// By the number, the id that a person has for this business alone; whoever hides the number has it still.
        private var users: [String: String] = [:]
        /// Of messages that do not say whose they are.
        private var onlyOne: String?

        init(_ contacts: [JSONValue], of messages: [JSONValue]) {
            for contact in contacts {
                guard let number = contact["wa_id"]?.asName, let user = contact["user_id"]?.asName else { continue }
                users[number] = users[number] ?? user
            }
            guard contacts.count == 1 else { return }
            let user = contacts[0]["user_id"]?.asName
            // A contact without a number has the one that all messages bear.
            let numbers = Set(messages.map { $0["from"]?.asName })
            let number = contacts[0]["wa_id"]?.asName ?? (numbers.count == 1 ? numbers.first ?? nil : nil)
            let areAllItsOwn = messages.allSatisfy { message in
                [nil, user].contains(message["from_user_id"]?.asName)
                    && [nil, number].contains(message["from"]?.asName)
            }
            guard areAllItsOwn else { return }
            onlyOne = user ?? number
            if let user, let number { users[number] = user }
        }

        func sender(of message: JSONValue) -> String? {
            if let user = message["from_user_id"]?.asName { return user }
            guard let number = message["from"]?.asName else { return onlyOne }
            return users[number] ?? number
        }
    }

    private static func message(_ value: JSONValue, _ senders: Senders) -> ChatMessage? {
        guard let id = value["id"]?.asName, let sender = senders.sender(of: value),
            let seconds = value["timestamp"].flatMap({ $0.asWhole ?? $0.asText.flatMap { Int64($0) } }), seconds > 0
        else { return nil }
        return ChatMessage(
            id: id, sender: sender, address: value["from"]?.asName ?? sender, sentAt: seconds,
            content: content(value))
    }

    private static func content(_ value: JSONValue) -> ChatMessage.Content {
        switch value["type"]?.asText {
        case "text":
            return value["text"]?["body"]?.asWritten.map(ChatMessage.Content.text) ?? .other
        case "image":
            return photo(value["image"])
        case "document":
            let isPhoto = value["document"]?["mime_type"]?.asText?.hasPrefix("image/") ?? false
            return isPhoto ? photo(value["document"]) : .other
        case "location":
            guard let place = value["location"], let lat = place["latitude"]?.asNumber,
                let lon = place["longitude"]?.asNumber
            else { return .other }
            return .location(
                ChatLocation(lat: lat, lon: lon, name: (place["name"] ?? place["address"])?.asWritten))
        default: return .other
        }
    }

    private static func photo(_ value: JSONValue?) -> ChatMessage.Content {
        guard let id = value?["id"]?.asName, isPathStep(id) else { return .other }
        return .photo(id, caption: value?["caption"]?.asWritten)
    }

    /// Whether it can stand in an address as one step of its path.
    package static func isPathStep(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
                    || (0x61...0x7A).contains(byte | 0x20)
            }
    }

    // MARK: Outgoing

    /// The body of `POST /{number}/messages`: free text, or a request for the position.
    package static func text(_ delivery: ChatDelivery) -> [UInt8] {
        body(to: delivery.address) { writer in
            guard delivery.asksPlace else {
                writer.member("type", "text")
                writer.key("text")
                writer.object {
                    $0.member("preview_url", false)
                    $0.member("body", delivery.text)
                }
                return
            }
            writer.member("type", "interactive")
            writer.key("interactive")
            writer.object { writer in
                writer.member("type", "location_request_message")
                writer.key("body")
                writer.object { $0.member("text", String(delivery.text.prefix(1_024))) }
                writer.key("action")
                writer.object { $0.member("name", "send_location") }
            }
        }
    }

    /// The same by an approved template, whose body has a place for each of the delivery's parameters.
    package static func template(_ delivery: ChatDelivery, _ template: ChatTemplate) -> [UInt8] {
        body(to: delivery.address) { writer in
            writer.member("type", "template")
            writer.key("template")
            writer.object { writer in
                writer.member("name", template.name)
                writer.key("language")
                writer.object { $0.member("code", template.language) }
                writer.key("components")
                writer.array { writer in
                    writer.object { writer in
                        writer.member("type", "body")
                        writer.key("parameters")
                        writer.array { writer in
                            for text in delivery.parameters {
                                writer.object {
                                    $0.member("type", "text")
                                    $0.member("text", text)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static func body(to address: String, _ rest: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.member("messaging_product", "whatsapp")
            writer.member("recipient_type", "individual")
            let isNumber = address.utf8.allSatisfy { (0x30...0x39).contains($0) }
            writer.member(isNumber ? "to" : "recipient", address)
            rest(&writer)
        }
        return writer.bytes
    }

    /// Where a photo's bytes are for a few minutes, as `GET /{photo}` answers.
    package static func photoAddress(_ answer: [UInt8]) -> String? {
        (try? JSONReader.read(answer).value)?["url"]?.asText
    }

    /// What an answer to a message means.
    ///
    /// - Parameter wait: what `Retry-After` asked for, in seconds.
    package static func answer(_ status: Int, _ body: [UInt8], wait: Int?) -> ChatAnswer {
        if (200...299).contains(status) { return .taken }
        let code = (try? JSONReader.read(body).value)?["error"]?["code"]?.asWhole
        switch code {
        // More than a day since the person wrote.
        case 131_047: return .outsideWindow
        // No such person on WhatsApp, or one that takes no messages from here.
        case 131_026, 131_050: return .unreachable
        // Too many messages: from this number, to this person, or by this app.
        case 4, 80_007, 130_429, 131_048, 131_056: return .later(seconds: wait)
        default: return ChatAnswer(status: status, wait: wait)
        }
    }
}
