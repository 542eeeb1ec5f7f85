import Domain
import FoundationEssentials
import PostgreSQL
import Runtime
import Storage
import Streams
import TestSupport
import TestTraits
import Testing

@testable import Notifier

/// What an integrator hears of its own reports.
@Suite("Channel streams", .serialized, .freshDatabase(NotifierCity.template), .timeLimit(.minutes(4)))
struct ChannelStreamTests {
    private static let path = "/v1/channels/\(ChannelStand.channel)/events"

    @Test func `the first who asks gets what is kept, page by page`() async throws {
        let reports = [
            try await NotifierCity.report(by: ChannelStand.channel),
            try await NotifierCity.report("jalan", "Jalan rusak di depan sekolah", by: ChannelStand.channel),
        ]
        _ = try await NotifierCity.report(by: "lain")
        try await ChannelStand.run { channels async throws in
            let first = try await channels.ask("GET", Self.path + "?limit=1")
            #expect(first.status == 200 && first["Content-Type"] == "application/cloudevents-batch+json")
            #expect(first.json.elements.count == 1, "\(first.body)")
            let link = try #require(first["Link"])
            #expect(link == "<\(Self.path)?after=1-1&limit=1>; rel=\"next\"")
            let second = try await channels.ask("GET", Self.path + "?after=1-1&limit=10")
            let told = (first.json.elements + second.json.elements).compactMap { $0["subject"]?.text }
            #expect(Set(told) == Set(reports.map(\.text)) && told.count == 2)
            let last = try await channels.ask("GET", Self.path + "?after=1-2")
            #expect(last.body == "[]" && last["Link"]?.contains("after=1-2") == true)
            #expect(try await channels.ask("GET", Self.path + "?after=1-9").status == 409)
        }
    }

    @Test func `what an agency does is told live, without what it notes for itself`() async throws {
        try await ChannelStand.run { channels async throws in
            var reader = SSEReader(try await channels.live())
            let report = try await NotifierCity.report(by: ChannelStand.channel)
            #expect(try await reader.events(1).map(\.type) == ["sasando.report.assigned"])
            try await NotifierStand.run { notifier async throws in
                let steps = [
                    ("acknowledge", #"{"note":"Kami terima","internal_note":"rahasia","actor":"petugas"}"#),
                    ("comment", #"{"internal_note":"rahasia"}"#),
                    ("transfer", #"{"to":"pupr","reason":"Jalan ditangani PUPR"}"#),
                ]
                for (command, body) in steps {
                    let answer = try await notifier.command(command, report, body)
                    #expect(answer.status == 200, "\(answer.body)")
                }
            }
            let events = try await reader.events(3)
            #expect(
                events.map { $0.type.dropFirst("sasando.report.".count) }
                    == ["acknowledged", "transferred_out", "assigned"])
            #expect(events.map(\.id) == ["1-2", "1-3", "1-4"])
            #expect(events[0].data.contains("Kami terima"))
            for event in events { #expect(!event.data.contains("rahasia") && !event.data.contains("petugas")) }
            // Again from a cursor, byte for byte.
            var again = SSEReader(try await channels.live("?after=1-1"))
            #expect(try await again.events(3) == events)
        }
    }

    @Test func `a key opens its own channel, if it may read`() async throws {
        try await ChannelStand.run { channels async throws in
            let reader = try await NotifierCity.key(.integrator, channel: ChannelStand.channel, scopes: [.read])
            let sender = try await NotifierCity.key(.integrator, channel: ChannelStand.channel, scopes: [.report])
            let other = try await NotifierCity.key(.integrator, channel: "lain")
            let trial = try await NotifierCity.key(.integrator, channel: ChannelStand.channel, isTest: true)
            let agency = try await NotifierCity.key(.agency, agency: "dlhk")
            let expected = [
                (reader, 200), ("", 401), ("salah", 401), (sender, 403), (other, 403), (trial, 403), (agency, 403),
            ]
            for place in ["events", "webhooks"] {
                for (token, status) in expected {
                    let answer = try await channels.ask(
                        "GET", "/v1/channels/\(ChannelStand.channel)/\(place)", token: token)
                    #expect(answer.status == status, "\(place): \(answer.body)")
                }
            }
            // Who only tries another's address makes no stream of it.
            let streams = try await Fixture.current.pool.query("SELECT code FROM stream WHERE kind = 'channel'")
            #expect(try streams.map { try $0.decode(String.self, at: 0) } == ["channel/contoh"])
        }
    }

    @Test func `an endpoint of a channel gets its events in their order`() async throws {
        let settings = ["SASANDO_WEBHOOK_KEY_FILE": try WebhookKeyFile.path(), "SASANDO_OUTBOUND_ALLOW": "127.0.0.0/8"]
        try await ChannelStand.run(settings: settings) { channels async throws in
            let receiver = try await NotifierWebhookTests.receiver
            let path = "/ok/channel"
            let made = try await channels.ask(
                "POST", "/v1/channels/\(ChannelStand.channel)/webhooks", json: #"{"url":"\#(receiver.origin)\#(path)"}"#
            )
            #expect(made.status == 201, "\(made.body)")
            #expect(made["Location"] == "/v1/channels/contoh/webhooks/\(made.json["id"]?.text ?? "")")
            try receiver.know([try #require(made.json["secret"]?.text)])
            for _ in 0..<5 { _ = try await NotifierCity.report(by: ChannelStand.channel) }
            let rows = try await Fixture.current.pool.query(
                "SELECT event_id FROM stream_event WHERE stream = 'dlhk' ORDER BY seq")
            let ids = try rows.map { try $0.decode(UUID.self, at: 0).text }
            try await until("the last event") { receiver.ids(path).last == ids.last }
            let told = receiver.messages(path).compactMap { $0["headers"]?["webhook-id"]?.text }
            #expect(told == ids)
            let other = try await NotifierCity.key(.integrator, channel: "lain")
            let foreign = try await channels.ask(
                "GET", "/v1/channels/lain/webhooks/\(made.json["id"]?.text ?? "")", token: other)
            #expect(foreign.status == 404)
        }
    }

    @Test func `over ZeroMQ it is the channel's own stream that a key gets`() async throws {
        _ = try await NotifierCity.report(by: ChannelStand.channel)
        try await ChannelStand.run { channels async throws in
            try await StreamStand.run(channel: ChannelStand.channel, streams: channels.part.doorStreams) {
                stand async throws in
                let caller = try await stand.caller()
                // The stream is made for the first who asks, and whoever asks meanwhile is told to ask again.
                var heard: [String]? = []
                try await until("the stream is there") {
                    try await caller.say("HELLO", "")
                    heard = try await caller.hear()
                    return heard?.first == "WELCOME"
                }
                try await caller.say("CREDIT", "10")
                #expect(try await caller.events(1).map(\.cursor) == ["1-1"])
                _ = try await NotifierCity.report("jalan", "Jalan rusak", by: ChannelStand.channel)
                let next = try await caller.events(1)
                #expect(next[0].cursor == "1-2" && next[0].text.contains("/kupang/streams/channel/contoh"))
            }
        }
    }

    @Test func `of two processes that copy at once, and are let go again and again, each event is told once`()
        async throws
    {
        try await ChannelStand.run { first async throws in
            _ = try await first.ask("GET", Self.path)
            for round in 0..<3 {
                try await ChannelStand.run { _ async throws in
                    for _ in 0..<10 { _ = try await NotifierCity.report(by: ChannelStand.channel) }
                }
                let wanted = (round + 1) * 10
                try await until("all are copied") {
                    try await first.ask("GET", Self.path + "?limit=1000").json.elements.count == wanted
                }
            }
            let subjects = (try await first.ask("GET", Self.path + "?limit=1000").json.elements)
                .compactMap { $0["subject"]?.text }
            #expect(Set(subjects).count == 30 && subjects.count == 30)
        }
    }
}
