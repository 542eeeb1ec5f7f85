import Domain
import FoundationEssentials
import PostgreSQL
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Notifier

@Suite("Who a notifier lets in", .serialized, .freshDatabase(NotifierCity.template))
struct NotifierAccessTests {
    private static let routes: [(method: String, path: String)] = [
        ("GET", "/v1/agencies/dlhk/events"), ("GET", "/v1/agencies/dlhk/reports"),
        ("GET", "/v1/agencies/dlhk/reports/ID"), ("POST", "/v1/agencies/dlhk/reports/ID/comment"),
        ("GET", "/desk/dlhk"), ("GET", "/desk/dlhk/laporan/ID"), ("POST", "/desk/dlhk/laporan/ID/comment"),
    ]

    @Test("the agency itself, and nobody else; without a token 401, with another's 403")
    func table() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report().text
            let others = [
                try await NotifierCity.key(.agency, agency: "pupr"),
                try await NotifierCity.key(.agency, agency: "kominfo"),
                try await NotifierCity.key(.integrator), try await NotifierCity.key(.operator),
            ]
            for (method, path) in Self.routes {
                let path = path.replacing("ID", with: id)
                let nobody = try await notifier.ask(method, path, token: "")
                #expect(nobody.status == 401, "\(method) \(path)")
                #expect(nobody["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
                let unknown = "sas_" + String(repeating: "A", count: 43)
                #expect(try await notifier.ask(method, path, token: unknown).status == 401)
                for other in others {
                    #expect(try await notifier.ask(method, path, token: other).status == 403, "\(method) \(path)")
                }
                let live = try await notifier.ask(
                    method, path, token: others[0], headers: [("Accept", "text/event-stream")])
                #expect(live.status == 403)
            }
        }
    }

    @Test("another agency's addresses are not served here")
    func otherAddresses() async throws {
        try await NotifierStand.run { notifier in
            let other = try await NotifierCity.key(.agency, agency: "pupr")
            for path in ["/v1/agencies/pupr/events", "/v1/agencies/pupr/reports", "/desk/pupr"] {
                #expect(try await notifier.ask("GET", path, token: other).status == 404)
            }
        }
    }

    // MARK: Signing in

    private func session(_ answer: NotifierStand.Answer) throws -> String {
        let cookie = try #require(answer["Set-Cookie"])
        #expect(cookie.contains("HttpOnly"))
        #expect(cookie.contains("SameSite=Strict"))
        #expect(cookie.contains("Max-Age=43200"))
        return String(try #require(cookie.split(separator: ";").first))
    }

    @Test("a token becomes a cookie that is good for the same things, until it is given back")
    func signIn() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let form = try await notifier.ask("GET", "/masuk?ke=/desk/dlhk/laporan/\(id.text)", token: "")
            #expect(form.status == 200)
            #expect(form.body.contains("value=\"/desk/dlhk/laporan/\(id.text)\""))
            let signedIn = try await notifier.ask("POST", "/masuk", token: "", form: "token=\(notifier.token)")
            #expect(signedIn.status == 303)
            #expect(signedIn["Location"] == "/desk/dlhk")
            let cookie = [("Cookie", try session(signedIn))]
            #expect(try await notifier.ask("GET", "/desk/dlhk", token: "", headers: cookie).status == 200)
            #expect(
                try await notifier.ask("GET", "/v1/agencies/dlhk/reports", token: "", headers: cookie).status == 200)
            // An unsafe method counts only where our own page sent it.
            let path = "/v1/agencies/dlhk/reports/\(id.text)/start"
            #expect(try await notifier.ask("POST", path, token: "", headers: cookie).status == 403)
            let foreign = cookie + [("Origin", "http://elsewhere.test")]
            #expect(try await notifier.ask("POST", path, token: "", headers: foreign).status == 403)
            let ours = cookie + [("Origin", "http://sasando.test")]
            #expect(try await notifier.ask("POST", path, token: "", headers: ours).status == 200)
            #expect(try await notifier.ask("POST", "/keluar", token: "", headers: foreign).status == 403)
            let out = try await notifier.ask("POST", "/keluar", token: "", headers: ours)
            #expect(out.status == 303)
            #expect(out["Set-Cookie"]?.contains("Max-Age=0") == true)
            #expect(try await notifier.ask("GET", "/desk/dlhk", token: "", headers: cookie).status == 401)
        }
    }

    @Test("where signing in leads: to one's own place, or back, and never to another site")
    func destinations() async throws {
        try await NotifierStand.run { notifier in
            let `operator` = try await NotifierCity.key(.operator)
            let pupr = try await NotifierCity.key(.agency, agency: "pupr")
            let cases = [
                (`operator`, "", "/dashboard"), (pupr, "", "/desk/pupr"),
                (pupr, "&ke=/desk/pupr/laporan/x%3Fa%3D1", "/desk/pupr/laporan/x?a=1"),
                (pupr, "&ke=//evil.test", "/desk/pupr"), (pupr, "&ke=https://evil.test", "/desk/pupr"),
                (pupr, "&ke=/%5Cevil.test", "/desk/pupr"), (pupr, "&ke=/%0d%0aSet-Cookie:x", "/desk/pupr"),
            ]
            for (token, query, place) in cases {
                let answer = try await notifier.ask("POST", "/masuk", token: "", form: "token=\(token)\(query)")
                #expect(answer.status == 303)
                #expect(answer["Location"] == place, "\(query)")
            }
        }
    }

    @Test("a wrong token gives the form again with 401, and only so many tries")
    func wrongToken() async throws {
        try await NotifierStand.run { notifier in
            let integrator = try await NotifierCity.key(.integrator)
            for token in ["", "nonsense", "sas_" + String(repeating: "B", count: 43), integrator] {
                let answer = try await notifier.ask("POST", "/masuk", token: "", form: "token=\(token)&ke=/desk/dlhk")
                #expect(answer.status == 401)
                #expect(answer["Set-Cookie"] == nil)
                #expect(answer.body.contains("name=\"token\""))
                #expect(answer.body.contains("value=\"/desk/dlhk\""))
                #expect(token.isEmpty || !answer.body.contains(token))
            }
            var statuses: [Int] = []
            for _ in 0..<10 {
                statuses.append(try await notifier.ask("POST", "/masuk", token: "", form: "token=x").status)
            }
            #expect(statuses.last == 429)
            #expect(statuses.first == 401)
        }
    }

    @Test("who signs in is not counted, however many share an address; who fails is")
    func manyOfficers() async throws {
        try await NotifierStand.run { notifier in
            func attempt(_ token: String) async throws -> NotifierStand.Answer {
                try await notifier.ask("POST", "/masuk", token: "", form: "token=\(token)")
            }
            for _ in 0..<30 { #expect(try await attempt(notifier.token).status == 303) }
            for _ in 0..<9 { #expect(try await attempt("wrong").status == 401) }
            #expect(try await attempt(notifier.token).status == 303)
            // One more is left, and a little for the time that has passed.
            var answers: [NotifierStand.Answer] = []
            for _ in 0..<5 { answers.append(try await attempt("wrong")) }
            #expect(answers.first?.status == 401)
            #expect(answers.last?.status == 429 && answers.last?["Retry-After"] != nil, "\(answers.map(\.status))")
        }
    }

    @Test("a browser without a session gets the way to sign in, a program the problem")
    func withoutSession() async throws {
        try await NotifierStand.run { notifier in
            let page = try await notifier.ask(
                "GET", "/desk/dlhk?lang=en", token: "", headers: [("Accept", "text/html")])
            #expect(page.status == 401)
            #expect(page["Content-Type"]?.hasPrefix("text/html") == true)
            #expect(page.body.contains("name=\"token\""))
            #expect(page.body.contains("value=\"/desk/dlhk?lang&#x3D;en\"") || page.body.contains("/desk/dlhk?lang"))
            let problem = try await notifier.ask("GET", "/desk/dlhk", token: "")
            #expect(problem["Content-Type"] == "application/problem+json")
        }
    }
}
