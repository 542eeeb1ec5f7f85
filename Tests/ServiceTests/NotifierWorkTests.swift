import Domain
import FoundationEssentials
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Notifier

@Suite("An agency's list of work", .serialized, .freshDatabase(NotifierCity.template))
struct NotifierWorkTests {
    private let list = "/v1/agencies/dlhk/reports"

    /// Where the answer's `Link` leads.
    private func next(_ answer: NotifierStand.Answer) -> String? {
        guard let link = answer["Link"], link.hasSuffix("; rel=\"next\"") else { return nil }
        return String(link.dropFirst().prefix { $0 != ">" })
    }

    private func ids(_ answer: NotifierStand.Answer) -> [String] {
        (answer.json["reports"]?.elements ?? []).compactMap { $0["id"]?.text }
    }

    @Test("comes in pages that lead to each other, each report once, and ends")
    func pages() async throws {
        try await NotifierStand.run { notifier in
            var filed: [String] = []
            for _ in 0..<5 { filed.append(try await NotifierCity.report().text) }
            let done = try #require(UUID(text: filed[0]))
            _ = try await notifier.command("start", done)
            _ = try await notifier.command("resolve", done)
            let whole = try await notifier.ask("GET", list)
            #expect(whole["Link"] == nil && ids(whole) == Array(filed[1...]), "\(whole.body)")
            let (open, finished) = (Array(filed[1...]), [filed[0]])
            #expect(try await read("?limit=2", notifier) == open)
            #expect(try await read("?status=assigned,resolved&limit=2", notifier) == open + finished)
            #expect(try await read("?status=resolved&limit=1", notifier) == finished)
        }
    }

    /// The reports of all pages, from the first on.
    private func read(_ query: String, _ notifier: NotifierStand) async throws -> [String] {
        var seen: [String] = []
        var path: String? = list + query
        while let place = path, seen.count < 100 {
            let answer = try await notifier.ask("GET", place)
            #expect(answer.status == 200, "\(place): \(answer.body)")
            seen += ids(answer)
            path = next(answer)
        }
        return seen
    }

    @Test("a page that there is none of is 400")
    func malformed() async throws {
        try await NotifierStand.run { notifier in
            for query in [
                "limit=0", "limit=1001", "limit=-1", "limit=ten", "after=1-1", "after=open_1_x",
                "after=open_x_0197a1b2-0000-7000-8000-000000000000", "status=nope",
            ] {
                let answer = try await notifier.ask("GET", "\(list)?\(query)")
                #expect(answer.status == 400, "\(query)")
            }
            let whole = try await notifier.ask("GET", "\(list)?limit=&after=")
            #expect(whole.status == 200)
        }
    }
}
