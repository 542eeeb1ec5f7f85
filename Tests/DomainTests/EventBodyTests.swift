import Domain
import FoundationEssentials
import Testing

@Suite struct EventBodyTests {
    private static let id = UUID(text: "019ab3a0-0000-7000-8000-000000000001")!
    private static let reportID = UUID(text: "019ab39f-0000-7000-8000-000000000002")!

    private static let content = ReportContent(
        id: reportID, trackingCode: "KPG-7Q2M9X4A1BC", description: "Sampah \"besar\"\ndi depan",
        location: Coordinate(lat: -10.148, lon: 123.653), accuracyMetres: 12, locationSource: .gps,
        area: ReportArea(code: "53.71.03.1010", name: "Oesapa", district: "Kelapa Lima", isApproximate: true),
        rt: "12", landmark: "kios", observedAt: Sample.received.adding(seconds: -60), visibility: .public)

    private static func assigned() -> Outcome {
        let report = RoutableReport(
            id: reportID, category: "sampah", subtype: nil, area: "53.71.03.1010", areaIsApproximate: true,
            channel: "web", receivedAt: Sample.received)
        let decision = RoutingTable(city: Sample.city).decide(report, at: Sample.now)
        return StatusMachine.assign(report, decision, at: Sample.now)
    }

    @Test func `an assignment is these bytes`() {
        let outcome = Self.assigned()
        let body = EventBody.render(
            id: Self.id, entry: outcome.entries[0], of: outcome, content: Self.content, city: Sample.city)
        let deadlines =
            #""deadlines":{"acknowledge_by":"2026-11-24T13:00:00.000+08:00","arrive_by":null,"#
            + #""resolve_by":"2026-11-25T09:00:00.000+08:00"}"#
        #expect(
            body.text(sequence: 42)
                == #"{"specversion":"1.0","id":"019ab3a0-0000-7000-8000-000000000001","#
                + #""source":"/kupang/streams/dlhk","type":"sasando.report.assigned","#
                + #""subject":"019ab39f-0000-7000-8000-000000000002","time":"2026-11-24T09:05:00.000+08:00","#
                + #""sequence":"00000000000000000042","datacontenttype":"application/json","data":{"#
                + #""report":{"id":"019ab39f-0000-7000-8000-000000000002","tracking_code":"KPG-7Q2M9X4A1BC","#
                + #""category":"sampah","subtype":null,"description":"Sampah \"besar\"\ndi depan","#
                + #""location":{"lat":-10.148,"lon":123.653,"accuracy_m":12.0},"location_source":"gps","#
                + #""area":{"code":"53.71.03.1010","name":"Oesapa","district":"Kelapa Lima","approximate":true},"#
                + #""address":null,"rt":"12","rw":null,"landmark":"kios","media":[],"#
                + #""received_at":"2026-11-24T09:00:00.000+08:00","observed_at":"2026-11-24T08:59:00.000+08:00","#
                + #""channel":"web","visibility":"public"},"#
                + #""report_id":"019ab39f-0000-7000-8000-000000000002","category":"sampah","subtype":null,"#
                + #""area":"53.71.03.1010","channel":"web","received_at":"2026-11-24T09:00:00.000+08:00","#
                + #""status":"assigned","previous_status":"received","version":1,"agency":"dlhk",\#(deadlines),"#
                + #""next_due":"acknowledge_by","next_due_at":"2026-11-24T13:00:00.000+08:00","#
                + #""priority":"normal","why":"Kategori “Sampah” ditangani DLHK (aturan sampah)."}}"#)
        #expect(body.prefix.hasSuffix(#""sequence":""#))
        #expect(body.suffix.hasPrefix(#"","datacontenttype""#))
    }

    @Test func `a trace stands among the event's own members, after its number`() {
        let outcome = Self.assigned()
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let body = EventBody.render(
            id: Self.id, entry: outcome.entries[0], of: outcome, content: Self.content, trace: TraceContext(text: text),
            city: Sample.city)
        #expect(body.suffix.hasPrefix(#"","traceparent":"\#(text)","datacontenttype":"application/json","data":{"#))
    }

    @Test func `a command's event carries what the command carried`() throws {
        let request = CommandRequest(
            .hold(reason: "menunggu", until: Timestamp(rfc3339: "2026-11-25T01:00:00Z")), note: "Besok",
            internalNote: "truk rusak", actor: "Budi")
        let outcome = try StatusMachine.decide(
            state: Self.assigned().state, command: request, by: .agency("dlhk"), at: Sample.now, city: Sample.city)
        let body = EventBody.render(id: Self.id, entry: outcome.entries[0], of: outcome, city: Sample.city)
        #expect(
            body.suffix.hasSuffix(
                #""status":"on_hold","previous_status":"assigned","version":2,"agency":"dlhk","#
                    + #""deadlines":{"acknowledge_by":"2026-11-24T13:00:00.000+08:00","arrive_by":null,"#
                    + #""resolve_by":"2026-11-25T09:00:00.000+08:00"},"next_due":"resolve_by","#
                    + #""next_due_at":"2026-11-25T09:00:00.000+08:00","note":"Besok","reason":"menunggu","#
                    + #""internal_note":"truk rusak","until":"2026-11-25T09:00:00.000+08:00","actor":"Budi"}}"#))
    }

    @Test func `a transfer tells the new agency why, and keeps the old one's notes from it`() throws {
        let request = CommandRequest(
            .transfer(to: "pupr", reason: "Ini got", category: nil, subtype: nil), note: "Kami teruskan",
            internalNote: "rahasia", actor: "Budi")
        let outcome = try StatusMachine.decide(
            state: Self.assigned().state, command: request, by: .agency("dlhk"), at: Sample.now, city: Sample.city)
        let out = EventBody.render(id: Self.id, entry: outcome.entries[0], of: outcome, city: Sample.city)
            .text(sequence: 1)
        let into = EventBody.render(
            id: Self.id, entry: outcome.entries[1], of: outcome, content: Self.content, city: Sample.city
        ).text(sequence: 1)
        #expect(out.contains(#""source":"/kupang/streams/dlhk","type":"sasando.report.transferred_out""#))
        #expect(out.hasSuffix(#""from":"dlhk","internal_note":"rahasia","to":"pupr","actor":"Budi"}}"#))
        #expect(into.contains(#""source":"/kupang/streams/pupr","type":"sasando.report.assigned""#))
        #expect(
            into.contains(
                #""why":"Dialihkan oleh DLHK.","note":"Kami teruskan","reason":"Ini got","from":"dlhk""#))
        #expect(!into.contains("rahasia") && !into.contains("Budi"))
    }

    @Test(arguments: EventType.allCases.filter { $0 != .assigned })
    func `every event stands on one line and has the common members`(type: EventType) throws {
        let outcome = Self.assigned()
        let text = EventBody.render(
            id: Self.id, entry: StreamEntry(stream: "dlhk", type: type), of: outcome, city: Sample.city
        ).text(sequence: .max)
        #expect(!text.contains("\n") && !text.contains("\r"))
        let event = try JSONReader.read(Array(text.utf8)).value
        #expect(event["type"] == .string("sasando.report.\(type.rawValue)"))
        #expect(event["sequence"] == .string("09223372036854775807"))
        for member in [
            "report_id", "category", "subtype", "area", "channel", "received_at", "status", "previous_status",
            "version", "agency", "deadlines",
        ] { #expect(event["data"]?[member] != nil, "\(member)") }
    }
}
