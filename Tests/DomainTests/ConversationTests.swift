import Domain
import Foundation
import Testing

@Suite("Chats: the conversation")
struct ConversationTests {
    private static let city: City = {
        var city = Sample.city
        city.categories[0].keywords = ["sampah", "tumpukan sampah"]
        city.categories[1].keywords = ["lampu"]
        city.categories[1].subtypes[0].keywords = ["lampu jalan", "PJU"]
        city.categories[3].keywords = ["api", "terbakar"]
        return city
    }()
    private static let places = PlaceIndex(city: city)
    private static let start: Int64 = 1_764_000_000

    /// A chat that is spoken with one burst of messages after the other.
    private struct Chat {
        var conversation = Conversation()
        var seconds = ConversationTests.start
        var number = 0

        mutating func say(
            _ contents: ChatMessage.Content..., after pause: Int64 = 5
        ) -> [ChatReply] {
            seconds += pause
            let messages = contents.map { content in
                number += 1
                return ChatMessage(id: "\(number)", sender: "7", address: "7", sentAt: seconds, content: content)
            }
            let context = ConversationContext(
                city: city, places: places, now: Timestamp(seconds: seconds),
                newKey: UUID(uuidString: "00000000-0000-4000-8000-\(String(format: "%012d", number))")!)
            let before = conversation.knowsPrivacy
            var replies = conversation.take(messages, context)
            if !before, let first = replies.first {
                #expect(first == .privacy)
                replies.removeFirst()
            }
            return replies
        }

        /// The report that is being filed, which is stored now.
        mutating func filed() throws -> JSONValue {
            let filing = try #require(conversation.filing)
            let replies = conversation.filed(UUID(), code: "KPG-0000000000", at: Timestamp(seconds: seconds))
            #expect(replies.count == 1)
            #expect(conversation.filing == nil && conversation.draft == nil)
            return try JSONReader.read(Array(filing.body.utf8)).value
        }
    }

    private static let oesapa = ChatMessage.Content.location(ChatLocation(lat: -10.1481, lon: 123.6531))

    @Test(
        "photo, place and words make one report, in whatever order and however far apart they come",
        arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]], [false, true])
    func anyOrder(order: [Int], atOnce: Bool) throws {
        let parts: [ChatMessage.Content] = [
            .photo("F1", caption: nil), Self.oesapa, .text("Tumpukan sampahnya sudah seminggu"),
        ]
        var chat = Chat()
        var report: JSONValue?
        if atOnce {
            #expect(chat.say(parts[order[0]], parts[order[1]], parts[order[2]]) == [])
            #expect(chat.conversation.filing?.photos == ["F1"])
        } else {
            for (index, part) in order.enumerated() {
                let replies = chat.say(parts[part], after: 90)
                if report != nil {
                    // It was complete without its photo, which is still its own.
                    #expect(replies == [.photoAdded("KPG-0000000000")])
                } else if chat.conversation.filing == nil {
                    #expect(replies.count == 1 && index < 2, "\(replies)")
                } else {
                    #expect(replies == [])
                    report = try chat.filed()
                }
            }
        }
        if report == nil { report = try chat.filed() }
        #expect(report?["category"] == .string("sampah") && report?["location"]?["lat"] == .double(-10.1481))
        #expect(report?["description"] == .string("Tumpukan sampahnya sudah seminggu"))
        #expect(chat.conversation.waitingPhotos.map(\.photo) == ["F1"] && chat.conversation.draft == nil)
    }

    @Test("what is stored between two messages is all that there is")
    func stored() throws {
        var chat = Chat()
        _ = chat.say(.photo("F1", caption: "Lampu jalan mati"))
        let bytes = try JSONEncoder().encode(chat.conversation)
        chat.conversation = try JSONDecoder().decode(Conversation.self, from: bytes)
        #expect(chat.say(Self.oesapa) == [])
        #expect(try chat.filed()["subtype"] == .string("lampu_jalan"))
    }

    @Test("it asks for the place, then for the landmark in a kelurahan, then for the category")
    func questions() throws {
        var chat = Chat()
        #expect(chat.say(.text("Ada yang rusak di sini")) == [.askPlace])
        #expect(chat.say(.text("di rumah saya")) == [.unknownPlace])
        #expect(chat.say(.text("kel. Oebobo")) == [.askLandmark("53.71.04.1001")])
        #expect(chat.say(.text("depan gereja")) == [.askCategory])
        #expect(chat.say(.text("7")) == [.askCategory])
        #expect(chat.say(.text("2.")) == [.askSubtype("lampu_rambu")])
        #expect(chat.say(.text("1")) == [])
        let report = try chat.filed()
        #expect(report["area"] == .string("53.71.04.1001") && report["landmark"] == .string("depan gereja"))
        #expect(report["subtype"] == .string("lampu_jalan") && report["location"] == nil)
        #expect(report["description"] == .string("Ada yang rusak di sini\n7"))
    }

    @Test("a kelurahan with a landmark is place enough; a kelurahan in the story is asked about once")
    func words() throws {
        var chat = Chat()
        #expect(chat.say(.text("Sampah menumpuk")) == [.askPlace])
        #expect(chat.say(.text("Oesapa Barat, depan kios Mama Yuli")) == [])
        #expect(try chat.filed()["area"] == .string("53.71.03.1014"))
        #expect(chat.say(.text("Sampah menumpuk di Liliba")) == [.askLandmark("53.71.04.1010")])
        #expect(chat.say(.text("lewat")) == [])
        let report = try chat.filed()
        #expect(report["area"] == .string("53.71.04.1010") && report["landmark"] == nil)
    }

    @Test("whoever cannot say where or what is not turned away")
    func unknown() throws {
        var chat = Chat()
        #expect(chat.say(.text("Tolong, ada masalah besar")) == [.askPlace])
        #expect(chat.say(.text("tidak tahu")) == [.askCategory])
        #expect(chat.say(.text("tidak tahu")) == [])
        let report = try chat.filed()
        #expect(report["category"] == nil && report["area"] == nil && report["address"] == .string("tidak tahu"))
    }

    @Test("who sends only a photo and a place is asked what it is, and may answer with a number")
    func photoAndPlace() throws {
        var chat = Chat()
        #expect(chat.say(.photo("F", caption: nil), Self.oesapa) == [.askDescription])
        #expect(chat.say(.text("1")) == [])
        #expect(try chat.filed()["description"] == .string("Sampah"))
    }

    @Test("a place outside the city is not taken", arguments: [(-10.148, 103.0), (91.0, 123.6), (0.0, 0.0)])
    func outside(lat: Double, lon: Double) {
        var chat = Chat()
        #expect(chat.say(.text("Sampah menumpuk")) == [.askPlace])
        #expect(chat.say(.location(ChatLocation(lat: lat, lon: lon))) == [.outsideCity])
        #expect(chat.conversation.filing == nil)
        #expect(chat.say(Self.oesapa) == [] && chat.conversation.filing != nil)
    }

    @Test("an album is asked about once")
    func album() {
        var chat = Chat()
        #expect(chat.say(.photo("1", caption: "Sampah di mana-mana"), after: 1) == [.askPlace])
        for photo in 2...12 { #expect(chat.say(.photo("\(photo)", caption: nil), after: 1) == []) }
        #expect(chat.say(Self.oesapa) == [])
        #expect(chat.conversation.filing?.photos.count == Conversation.photoLimit)
    }

    @Test("a photo that comes a moment late belongs to the report; a later one begins another")
    func late() throws {
        var chat = Chat()
        _ = chat.say(.text("Sampah menumpuk"), Self.oesapa)
        _ = try chat.filed()
        #expect(chat.say(.photo("L", caption: nil), after: 60) == [.photoAdded("KPG-0000000000")])
        #expect(chat.conversation.waitingPhotos.map(\.photo) == ["L"] && chat.conversation.draft == nil)
        #expect(chat.say(.text("terima kasih")) == [.thanks])
        #expect(chat.say(.photo("M", caption: nil), after: 300) == [.askDescription])
    }

    @Test("what is urgent is said at once, and once")
    func urgent() throws {
        var chat = Chat()
        #expect(chat.say(.text("Rumah terbakar!")) == [.emergency("kebakaran"), .askPlace])
        #expect(chat.say(Self.oesapa) == [])
        #expect(try chat.filed()["category"] == .string("kebakaran"))
    }

    @Test("commands are understood, and leave the report alone that is being written")
    func commands() {
        var chat = Chat()
        #expect(chat.say(.text("Halo")) == [.help])
        #expect(chat.say(.text("status")) == [.askCode])
        let code = TrackingCode(prefix: "KPG", random: 12_345)
        #expect(chat.say(.text("Status \(code.text.lowercased())")) == [.status(code)])
        #expect(chat.say(.text(code.text)) == [.status(code)])
        #expect(chat.say(.text("status KPG-12345")) == [.askCode])
        #expect(chat.say(.text("Sampah menumpuk")) == [.askPlace])
        #expect(chat.say(.text("status \(code.text)")) == [.status(code)])
        #expect(chat.conversation.draft != nil)
        #expect(chat.say(.text("Batal")) == [.cancelled] && chat.conversation.draft == nil)
        #expect(chat.say(.text("berhenti")) == [.stopped])
        #expect(chat.say(.other) == [.unsupported])
        #expect(chat.conversation.filing == nil && chat.conversation.draft == nil)
    }

    @Test("what was begun and not gone on with is forgotten after the window")
    func window() throws {
        var chat = Chat()
        let old = try { () throws -> UUID in
            #expect(chat.say(.text("Sampah menumpuk")) == [.askPlace])
            return try #require(chat.conversation.draft?.key)
        }()
        #expect(chat.say(.text("Lampu jalan padam"), after: Conversation.windowSeconds + 1) == [.askPlace])
        #expect(chat.conversation.draft?.key != old && chat.conversation.draft?.texts == ["Lampu jalan padam"])
    }

    @Test("one person files so many within an hour; what is urgent always passes")
    func limit() throws {
        var chat = Chat()
        for _ in 0..<Conversation.reportLimit {
            _ = chat.say(.text("Sampah menumpuk"), Self.oesapa)
            _ = try chat.filed()
        }
        #expect(chat.say(.text("Sampah menumpuk"), Self.oesapa) == [.tooMany])
        #expect(chat.say(.text("batal")) == [.cancelled])
        #expect(chat.say(.text("Ada api besar"), Self.oesapa) == [.emergency("kebakaran")])
        _ = try chat.filed()
        #expect(chat.say(.text("Sampah menumpuk"), Self.oesapa, after: 3_700) == [])
        _ = try chat.filed()
    }

    @Test("a photo is tried so often, and then it is said that it is lost")
    func photos() throws {
        var chat = Chat()
        _ = chat.say(.photo("A", caption: nil), .photo("B", caption: nil), .text("Sampah menumpuk"), Self.oesapa)
        _ = try chat.filed()
        for _ in 1..<Conversation.photoAttempts { #expect(chat.conversation.settledPhoto(.again) == []) }
        #expect(chat.conversation.settledPhoto(.again) == [.photosLost(1)])
        #expect(chat.conversation.waitingPhotos.map(\.photo) == ["B"])
        #expect(chat.conversation.settledPhoto(.added) == [] && chat.conversation.waitingPhotos.isEmpty)
        #expect(chat.conversation.settledPhoto(.added) == [])
    }

    @Test("a report that can never be stored is given up, and the person told")
    func refused() {
        var chat = Chat()
        _ = chat.say(.text("Sampah menumpuk"), Self.oesapa)
        #expect(chat.conversation.refused() == [.failed] && chat.conversation.filing == nil)
    }

    @Test(
        "categories by their words",
        arguments: [
            ("sampahnya menumpuk", "sampah", nil), ("Lampu jalan mati", "lampu_rambu", "lampu_jalan"),
            ("PJU padam", "lampu_rambu", "lampu_jalan"), ("lampu di sini padam", "lampu_rambu", nil),
            ("orang hilang", "orang_hilang", nil), ("ada api", "kebakaran", nil), ("apinya besar", "kebakaran", nil),
            ("sampah dan lampu", nil, nil), ("jalan berlubang", nil, nil), ("", nil, nil),
        ] as [(String, CategoryCode?, SubtypeCode?)])
    func categories(text: String, category: CategoryCode?, subtype: SubtypeCode?) {
        let found = ConversationWords.category(in: text, city: Self.city)
        #expect(found?.category == category && found?.subtype == subtype)
    }

    @Test("everything that is filed passes the rules of admission", arguments: ["1", "tidak tahu", "Lampu jalan mati"])
    func admission(last: String) throws {
        var chat = Chat()
        _ = chat.say(.text("Ada yang rusak\u{202E}"), .text(String(repeating: "panjang ", count: 900)))
        _ = chat.say(.text("Oebobo, " + String(repeating: "x", count: 3_900)))
        for _ in 0..<4 where chat.conversation.filing == nil { _ = chat.say(.text(last)) }
        let filing = try #require(chat.conversation.filing)
        let judged = AdmissionRules.validate(
            try ReportDraft.read(Array(filing.body.utf8)), city: Self.city, places: Self.places,
            now: Timestamp(seconds: chat.seconds))
        #expect(throws: Never.self) { try judged.get() }
    }
}
