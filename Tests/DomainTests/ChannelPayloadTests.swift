import Crypto
import Domain
import Testing

@Suite("Chats: what the providers bring")
struct ChannelPayloadTests {
    // MARK: Signatures

    private func signature(_ body: [UInt8], _ secret: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(secret.utf8)))
        return "sha256=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test("a signature is of these very bytes, under this secret")
    func signatures() {
        let (body, secret) = (Array(#"{"a": 1}"#.utf8), Array("rahasia".utf8))
        let good = signature(body, "rahasia")
        #expect(ChannelSignature.signs(body, header: good, secret: secret))
        #expect(ChannelSignature.signs(body, header: "sha256=" + good.dropFirst(7).uppercased(), secret: secret))
        let bad: [String?] = [
            nil, "", "sha256=", String(good.dropFirst(7)), "sha1=" + good.dropFirst(7), good + "0",
            String(good.dropLast()), "sha256=" + String(repeating: "z", count: 64), signature(body, "lain"),
            signature(Array(#"{"a":1}"#.utf8), "rahasia"),
        ]
        for header in bad { #expect(!ChannelSignature.signs(body, header: header, secret: secret), "\(header ?? "-")") }
    }

    @Test("a secret is the whole of it")
    func secrets() {
        let secret = Array("rahasia_telegram".utf8)
        #expect(ChannelSignature.matches("rahasia_telegram", secret: secret))
        for given in [nil, "", "rahasia", "rahasia_telegram ", "Rahasia_telegram"] as [String?] {
            #expect(!ChannelSignature.matches(given, secret: secret))
        }
        #expect(!ChannelSignature.matches("", secret: []))
    }

    // MARK: WhatsApp

    private func whatsapp(
        _ message: String, contacts: String = #"[{"wa_id":"6281","profile":{"name":"Yuli"}}]"#
    ) -> [ChatMessage]? {
        let body = """
            {"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
            "metadata":{"phone_number_id":"12345"},"contacts":\(contacts),"messages":[\(message)]}}]}]}
            """
        return WhatsApp.messages(Array(body.utf8), to: "12345")
    }

    private func content(_ type: String, _ content: String) -> ChatMessage.Content? {
        whatsapp(#"{"from":"6281","id":"wamid.1","timestamp":"1764000000","type":"\#(type)","\#(type)":\#(content)}"#)?
            .first?.content
    }

    @Test("every kind of message is read, and what is none of them is still an answer's due")
    func whatsappKinds() {
        #expect(content("text", #"{"body":"Sampah menumpuk"}"#) == .text("Sampah menumpuk"))
        #expect(
            content("image", #"{"id":"99","mime_type":"image/jpeg","caption":"depan pasar","sha256":"x"}"#)
                == .photo("99", caption: "depan pasar"))
        #expect(content("image", #"{"id":"99"}"#) == .photo("99", caption: nil))
        #expect(content("document", #"{"id":"98","mime_type":"image/png"}"#) == .photo("98", caption: nil))
        #expect(content("document", #"{"id":"98","mime_type":"application/pdf"}"#) == .other)
        #expect(
            content("location", #"{"latitude":-10.148,"longitude":123.653,"name":"Pasar Oesapa"}"#)
                == .location(ChatLocation(lat: -10.148, lon: 123.653, name: "Pasar Oesapa")))
        #expect(content("audio", #"{"id":"97"}"#) == .other)
    }

    @Test(
        "hostile messages come to nothing, or to nothing harmful",
        arguments: [
            ("image", #"{"id":"../../etc/passwd"}"#), ("image", #"{"id":"https://jahat.example/x"}"#),
            ("image", #"{"id":""}"#), ("image", #"[]"#), ("location", #"{"latitude":"-10","longitude":123}"#),
            ("location", #"{"latitude":1e999,"longitude":123}"#), ("location", "{}"), ("text", "{}"),
            ("text", #"{"body":"   "}"#), ("text", #"{"body":["a"]}"#), ("text", "null"),
        ])
    func whatsappHostile(type: String, given: String) {
        let read = content(type, given)
        #expect(read == nil || read == .other, "\(String(describing: read))")
    }

    @Test("control characters go, and a long text is cut")
    func texts() {
        #expect(content("text", #"{"body":"a\u0000\u001bb\u0085c\nd"}"#) == .text("abc\nd"))
        let long = String(repeating: "é", count: 9_000)
        guard case .text(let text) = content("text", "{\"body\":\"\(long)\"}") else { return #expect(Bool(false)) }
        #expect(text.unicodeScalars.count == ChatMessage.textLimit)
    }

    @Test("a person who hides the number is known by the id for this business, and answered there")
    func hiddenNumber() throws {
        let hidden = try #require(
            whatsapp(
                #"{"id":"wamid.2","timestamp":"1764000000","type":"text","text":{"body":"Halo"}}"#,
                contacts: #"[{"user_id":"ID.4711","profile":{"username":"yuli"}}]"#)?.first)
        #expect(hidden.sender == "ID.4711" && hidden.address == "ID.4711")
        let shown = try #require(
            whatsapp(
                #"{"from":"6281","id":"wamid.3","timestamp":"1764000000","type":"text","text":{"body":"Halo"}}"#,
                contacts: #"[{"wa_id":"6281","user_id":"ID.4711"}]"#)?.first)
        #expect(shown.sender == "ID.4711" && shown.address == "6281")
        let body = try JSONReader.read(WhatsApp.text(ChatDelivery(address: "ID.4711", text: "Halo"))).value
        #expect(body["recipient"] == .string("ID.4711") && body["to"] == nil)
    }

    @Test(
        "each message is its own sender's: several people in one delivery do not become one",
        arguments: [
            // One contact, and messages of two people.
            (#"{"wa_id":"6281"}"#, [#""from":"6281""#, #""from":"6282""#], ["6281", "6282"]),
            (#"{"wa_id":"6281","user_id":"A"}"#, [#""from":"6281""#, #""from":"6282""#], ["A", "6282"]),
            (#"{"user_id":"A"}"#, [#""from":"6281""#, #""from":"6282""#], ["6281", "6282"]),
            // Two who hide the number, in the other order than their messages.
            (
                #"{"user_id":"B","wa_id":""},{"user_id":"A"}"#,
                [#""from_user_id":"A""#, #""from_user_id":"B""#, #""from":"","from_user_id":"A""#], ["A", "B", "A"]
            ),
            // What the message says goes before what a contact does.
            (#"{"wa_id":"6281","user_id":"B"}"#, [#""from":"6281","from_user_id":"A""#], ["A"]),
            (
                #"{"wa_id":"6281"},{"wa_id":"6282","user_id":"B"}"#, [#""from":"6282""#, #""from":"6281""#],
                ["B", "6281"]
            ),
            // The only contact's is what is nobody else's.
            (#"{"wa_id":"6281","user_id":"A"}"#, [#""from":"6281""#, #""type":"text""#], ["A", "A"]),
            (#"{"wa_id":"","user_id":"A"}"#, [#""from":"6281""#, #""from":"6281""#], ["A", "A"]),
            (#"{"wa_id":"6281"}"#, [#""type":"text""#], ["6281"]),
            // Whose it is nobody can tell: it is not answered.
            (#"{"user_id":"A"}"#, [#""type":"text""#, #""from":"6282""#], ["6282"]),
            (#"{"user_id":"A"},{"user_id":"B"}"#, [#""type":"text""#], []),
            ("", [#""type":"text""#, #""from":"6281""#], ["6281"]),
        ])
    func senders(contacts: String, members: [String], expected: [String]) {
        let messages = members.enumerated().map { #"{"id":"w\#($0)","timestamp":"1764000000",\#($1)}"# }
        let read = whatsapp(messages.joined(separator: ","), contacts: "[\(contacts)]") ?? []
        #expect(read.map(\.sender) == expected)
    }

    @Test("all messages of all changes are taken, and deliveries, errors and other numbers' are not")
    func envelopes() throws {
        let one = #"{"from":"1","id":"a","timestamp":"5","type":"text","text":{"body":"x"}}"#
        let two = #"{"from":"2","id":"b","timestamp":"6","type":"text","text":{"body":"y"}}"#
        let body = """
            {"entry":[{"changes":[
              {"field":"messages","value":{"messages":[\(one),\(two)]}},
              {"field":"messages","value":{"statuses":[{"id":"wamid.out","status":"read"}],"errors":[{"code":1}]}},
              {"field":"account_update","value":{"messages":[\(one)]}},
              {"field":"messages","value":{"metadata":{"phone_number_id":"999"},"messages":[\(one)]}}]},
             {"changes":[{"field":"messages","value":{"messages":[\(one)]}}]},7,null]}
            """
        let messages = try #require(WhatsApp.messages(Array(body.utf8), to: "12345"))
        #expect(messages.map(\.id) == ["a", "b", "a"] && messages.map(\.sentAt) == [5, 6, 5])
        #expect(WhatsApp.messages(Array("[]".utf8), to: nil) == [])
        #expect(WhatsApp.messages(Array("{".utf8), to: nil) == nil)
        #expect(WhatsApp.messages(Array(String(repeating: "[", count: 5_000).utf8), to: nil) == nil)
        #expect(whatsapp(#"{"from":"1","id":"a","timestamp":"gestern","type":"text"}"#) == [])
        #expect(whatsapp(#"{"from":"1","id":"a b","timestamp":"5","type":"text"}"#) == [])
    }

    @Test("a request for the place and a template are what the Cloud API takes")
    func whatsappOutgoing() throws {
        let delivery = ChatDelivery(
            address: "6281", text: "Di mana?", asksPlace: true, parameters: ["KPG-1", "Selesai"])
        let ask = try JSONReader.read(WhatsApp.text(delivery)).value
        #expect(ask["to"] == .string("6281") && ask["type"] == .string("interactive"))
        #expect(ask["interactive"]?["type"] == .string("location_request_message"))
        #expect(ask["interactive"]?["action"]?["name"] == .string("send_location"))
        let made = try JSONReader.read(
            WhatsApp.template(delivery, ChatTemplate(name: "kabar", language: "id"))
        ).value
        #expect(made["template"]?["name"] == .string("kabar"))
        #expect(made["template"]?["language"]?["code"] == .string("id"))
        guard case .array(let parts)? = made["template"]?["components"],
            case .array(let places)? = parts[0]["parameters"]
        else { throw Unexpected() }
        #expect(places.map { $0["text"] } == [.string("KPG-1"), .string("Selesai")])
    }

    private struct Unexpected: Error {}

    // MARK: Telegram

    private func telegram(_ members: String, chat: String = #"{"id":7,"type":"private"}"#) -> [ChatMessage]? {
        let body = """
            {"update_id":41,"message":{"message_id":1,"from":{"id":7,"is_bot":false},"chat":\(chat),
            "date":1764000000,\(members)}}
            """
        return Telegram.messages(Array(body.utf8))
    }

    @Test("the largest size of a picture is taken that a bot can fetch, and a place with its accuracy")
    func telegramKinds() {
        #expect(telegram(#""text":"Lampu mati""#)?.first?.content == .text("Lampu mati"))
        let sizes = """
            "caption":"rusak","photo":[{"file_id":"S","width":90,"height":90},{"file_id":"L","width":900,"height":900,
            "file_size":9000},{"file_id":"XL","width":9000,"height":9000,"file_size":99000000}]
            """
        #expect(telegram(sizes)?.first?.content == .photo("L", caption: "rusak"))
        #expect(
            telegram(#""document":{"file_id":"D","mime_type":"image/png"}"#)?.first?.content
                == .photo("D", caption: nil))
        #expect(
            telegram(#""location":{"latitude":-10.1,"longitude":123.6,"horizontal_accuracy":12}"#)?.first?.content
                == .location(ChatLocation(lat: -10.1, lon: 123.6, accuracyMetres: 12)))
        #expect(
            telegram(#""location":{"latitude":-10.1,"longitude":123.6},"venue":{"title":"Pasar"}"#)?.first?.content
                == .location(ChatLocation(lat: -10.1, lon: 123.6, name: "Pasar")))
        #expect(telegram(#""sticker":{"file_id":"x"}"#)?.first?.content == .other)
    }

    @Test("groups, channels, edits and other bots are passed over")
    func telegramIgnored() {
        #expect(telegram(#""text":"x""#, chat: #"{"id":-100,"type":"supergroup"}"#) == [])
        for body in [
            #"{"update_id":1,"edited_message":{"date":5,"chat":{"id":7,"type":"private"},"text":"x"}}"#,
            #"{"update_id":1,"message":{"date":5,"from":{"id":7,"is_bot":true},"chat":{"id":7,"type":"private"}}}"#,
            #"{"update_id":1.5,"message":{"date":5,"chat":{"id":7,"type":"private"},"text":"x"}}"#, "{}", "[1]", "7",
        ] { #expect(Telegram.messages(Array(body.utf8)) == [], "\(body)") }
        #expect(Telegram.messages(Array("nicht".utf8)) == nil)
    }

    @Test("a message asks for the place by a button; the path of a file leads nowhere else")
    func telegramOutgoing() throws {
        let ask = try JSONReader.read(
            Telegram.text(ChatDelivery(address: "-7", text: "Di mana?", asksPlace: true), button: "Kirim lokasi")
        ).value
        #expect(ask["chat_id"] == .int(-7))
        guard case .array(let rows)? = ask["reply_markup"]?["keyboard"], case .array(let keys) = rows[0] else {
            throw Unexpected()
        }
        #expect(keys[0]["request_location"] == .bool(true) && keys[0]["text"] == .string("Kirim lokasi"))
        let plain = try JSONReader.read(Telegram.text(ChatDelivery(address: "7", text: "Ya"), button: "")).value
        #expect(plain["reply_markup"]?["remove_keyboard"] == .bool(true))
        func path(_ text: String) -> String? {
            Telegram.filePath(Array(#"{"ok":true,"result":{"file_path":"\#(text)"}}"#.utf8))
        }
        #expect(path("photos/file_1.jpg") == "photos/file_1.jpg")
        for bad in ["../x", "photos/../../x", "/x", "x//y", "x?y", "x y", "a/.b", "http://a"] {
            #expect(path(bad) == nil)
        }
    }

    // MARK: Attempts

    @Test("what an answer means", arguments: [200, 400, 401, 403, 429, 500])
    func answers(status: Int) {
        let whatsapp = WhatsApp.answer(status, [], wait: nil)
        let telegram = Telegram.answer(status, Array(#"{"parameters":{"retry_after":9}}"#.utf8), wait: nil)
        switch status {
        case 200: #expect(whatsapp == .taken && telegram == .taken)
        case 400: #expect(whatsapp == .refused && telegram == .refused)
        case 403: #expect(whatsapp == .later(seconds: nil) && telegram == .unreachable)
        case 429: #expect(whatsapp == .later(seconds: nil) && telegram == .later(seconds: 9))
        default: #expect(whatsapp == .later(seconds: nil) && telegram == .later(seconds: nil))
        }
    }

    @Test("WhatsApp's own codes")
    func codes() {
        func answer(_ code: Int) -> ChatAnswer {
            WhatsApp.answer(400, Array(#"{"error":{"code":\#(code)}}"#.utf8), wait: 7)
        }
        #expect(answer(131_047) == .outsideWindow && answer(131_026) == .unreachable)
        #expect(answer(131_056) == .later(seconds: 7) && answer(100) == .refused)
    }

    @Test("a message is tried again with longer and longer pauses, and not for ever")
    func schedule() {
        var pauses: [Int] = []
        for attempt in 1...ChatSchedule.attemptLimit {
            let step = ChatSchedule.step(after: .later(seconds: nil), attempts: attempt, spread: 0.5)
            guard case .again(let seconds) = step else {
                #expect(step == .giveUp && attempt == ChatSchedule.attemptLimit)
                break
            }
            pauses.append(seconds)
        }
        #expect(pauses == [4, 12, 36, 108, 324, 972, 2_916, 7_200])
        #expect(ChatSchedule.step(after: .later(seconds: 60), attempts: 1, spread: 0) == .again(afterSeconds: 60))
        #expect(
            ChatSchedule.step(after: .later(seconds: 9_999_999), attempts: 1, spread: 0)
                == .again(afterSeconds: 21_600))
        #expect(ChatSchedule.step(after: .unreachable, attempts: 1, spread: 0) == .forget)
        #expect(ChatSchedule.step(after: .outsideWindow, attempts: 1, spread: 0) == .giveUp)
    }

    @Test("after a day only an approved template goes out, and only for what is worth one")
    func window() {
        let now = Timestamp(seconds: 1_764_000_000)
        let template = ChatTemplate(name: "kabar", language: "id")
        let news = ChatDelivery(address: "1", text: "x", parameters: ["KPG-1", "Selesai"])
        let answer = ChatDelivery(address: "1", text: "x")
        func form(_ delivery: ChatDelivery, _ age: Int?, _ template: ChatTemplate?, window: Int? = 86_400)
            -> ChatSchedule.Form
        {
            ChatSchedule.form(
                of: delivery, heardAt: age.map { now.adding(seconds: -$0) }, now: now, window: window,
                template: template)
        }
        #expect(form(news, 86_399, nil) == .text && form(answer, 0, template) == .text)
        #expect(form(news, 86_400, template) == .template(template) && form(news, nil, template) == .template(template))
        #expect(form(news, 86_400, nil) == .none && form(answer, 86_400, template) == .none)
        #expect(form(answer, nil, nil, window: nil) == .text)
    }
}
