import Domain
import Foundation
import Testing

@testable import Pages

@Suite("Words of a chat")
struct ChatWordingTests {
    private static let city = SampleCity.kupang
    private let wording = ChatWording(
        city: city, publicURL: "https://lapor.example.id", now: Timestamp(rfc3339: "2026-11-24T14:05:00+08:00")!)

    private static let code = TrackingCode(prefix: "KPG", random: 99)
    private static let sent: Conversation.Sent = {
        let json = #"{"id":"00000000-0000-4000-8000-000000000001","code":"KPG-1","at":0}"#
        guard let sent = try? JSONDecoder().decode(Conversation.Sent.self, from: Data(json.utf8)) else {
            preconditionFailure("a report that was sent is not readable")
        }
        return sent
    }()
    private static let replies: [ChatReply] = [
        .privacy, .help, .thanks, .cancelled, .stopped, .unsupported, .askDescription, .askPlace, .askCategory,
        .askLandmark(city.areas[0].code), .askSubtype(city.categories[0].code), .outsideCity, .unknownPlace,
        .emergency(city.categories[0].code), .failed, .tooMany, .photoAdded("KPG-1"), .photosLost(1), .status(code),
        .askCode, .received(sent, city.categories[0].code, nil), .received(sent, nil, nil),
    ]

    @Test("every reply has its words, with every place filled", arguments: replies)
    func complete(reply: ChatReply) {
        let text = wording.text(reply, own: "https://lapor.example.id/k/x")
        #expect(!text.isEmpty && !text.contains("⟦") && !text.contains("{"), "\(text)")
        // What a chat takes at once; a request for the place takes less.
        #expect(text.unicodeScalars.count <= (reply.asksPlace ? 600 : 2_000))
    }

    @Test("lists are numbered from one, and nought is none of them")
    func lists() {
        let lines = wording.text(.askCategory).split(separator: "\n")
        #expect(lines[1].hasPrefix("1. ") && lines.last == "0. Lainnya / tidak tahu")
        #expect(lines.count == Self.city.categories.count + 2)
    }

    @Test("a state is told with its agency and its times; news of what is private says nothing")
    func states() {
        let received = Timestamp(rfc3339: "2026-11-24T09:00:00+08:00")!
        let deadlines = Deadlines(
            acknowledgeBy: received.adding(seconds: 3_600), resolveBy: received.adding(seconds: 86_400))
        let open = wording.status(
            "KPG-1", .assigned, agency: Self.city.agencies[0].code, receivedAt: received, deadlines: deadlines)
        #expect(open.contains("Menunggu tanggapan") && open.contains(Self.city.agencies[0].name.id))
        #expect(open.contains("hari ini 09.00 WITA") && open.contains("besok 09.00 WITA"))
        #expect(open.hasSuffix("https://lapor.example.id/lacak/KPG-1"))
        let done = wording.status("KPG-1", .closed, agency: nil, receivedAt: received, deadlines: deadlines)
        #expect(!done.contains("besok") && !done.contains("Ditangani"))
        let category = Self.city.categories[0]
        let news = wording.news("KPG-1", .inProgress, category: category.code, subtype: nil, isPrivate: false)
        #expect(news.text.contains("\(category.name.id): Sedang dikerjakan"))
        #expect(news.parameters == ["KPG-1", "Sedang dikerjakan"])
        let hidden = wording.news("KPG-1", .inProgress, category: category.code, subtype: nil, isPrivate: true)
        #expect(!hidden.text.contains(category.name.id) && !hidden.text.contains("dikerjakan"))
        #expect(hidden.parameters == ["KPG-1", "ada kabar"])
    }
}
