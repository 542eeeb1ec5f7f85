import Domain
import FoundationEssentials
import Runtime
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Intake

@Suite("What anyone may read of a report", .serialized, .freshDatabase(NotifierCity.template))
struct PublicViewTests {
    /// The public view of a report, by intake's own login.
    private func view(of id: UUID) async throws -> PublicView {
        let found = try await Fixture.current.asRole("sasando_intake") { pool in
            try await ReportStore(pool: pool).report(id: id, in: NotifierCity.jurisdiction)
        }
        return PublicView(tracked: try #require(found), city: NotifierCity.city, extent: .whole)
    }

    private func lastLine(of id: UUID) async throws -> JSONValue {
        let json = try JSONReader.read(try await view(of: id).json).value
        guard case .array(let history)? = json["history"] else { return .null }
        return history.last ?? .null
    }

    @Test("why a report was held or rejected, until when, and whom to turn to instead")
    func reasons() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let until = Timestamp.now.adding(seconds: 86_400).rfc3339(offsetSeconds: 28_800)
            _ = try await notifier.command("hold", id, #"{"reason":"Menunggu truk","until":"\#(until)"}"#)
            let held = try await lastLine(of: id)
            #expect(held["type"] == .string("held"))
            #expect(held["reason"] == .string("Menunggu truk") && held["until"] == .string(until))
            _ = try await notifier.command("reject", id, #"{"reason":"not_ours","refer_to":"PLN, telepon 123"}"#)
            let rejected = try await lastLine(of: id)
            #expect(rejected["type"] == .string("rejected") && rejected["reason"] == .string("not_ours"))
            #expect(rejected["refer_to"] == .string("PLN, telepon 123") && rejected["until"] == .null)
        }
    }

    @Test("which report a duplicate repeats: its tracking code, and never its id")
    func original() async throws {
        try await NotifierStand.run { notifier in
            let original = try await NotifierCity.report()
            let id = try await NotifierCity.report()
            _ = try await notifier.command("reject", id, #"{"reason":"duplicate","of":"\#(original.text)"}"#)
            let code = try await view(of: original).tracked.report.trackingCode
            #expect(try await lastLine(of: id)["of"] == .string(code))
            let text = String(decoding: try await view(of: id).json, as: UTF8.self)
            #expect(!text.contains(original.text), "\(text)")
        }
    }

    @Test("not why one agency passed it on to another, nor what an agency noted for itself")
    func internals() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let said = #""note":"Kami teruskan","reason":"Sopir kami sakit","internal_note":"rahasia","actor":"Budi""#
            #expect(try await notifier.command("transfer", id, #"{"to":"pupr",\#(said)}"#).status == 200)
            let text = String(decoding: try await view(of: id).json, as: UTF8.self)
            #expect(text.contains("Kami teruskan") && text.contains("\"why\":\"Dialihkan oleh DLHK.\""))
            for hidden in ["Sopir kami sakit", "rahasia", "Budi"] { #expect(!text.contains(hidden), "\(text)") }
        }
    }
}
