internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    @Suite("Cookies")
    struct CookieTests {
        let stack = RunningStack.current.stack

        /// Signs in as a page's form does; gives the answer and the cookie.
        private func signIn(_ token: String) async throws -> (Answer, cookie: String?) {
            let answer = try await stack.door.with("Origin", stack.frontDoor).post("/masuk", form: "token=\(token)")
            let cookie = answer.header("Set-Cookie").map { String($0.prefix { $0 != ";" }) }
            return (answer, cookie)
        }

        @Test("a token becomes a cookie that only its own agency's doors heed, and ends when signed out")
        func session() async throws {
            let (answer, cookie) = try await signIn(stack.credentials.agencyTokens["dlhk"] ?? "")
            #expect(answer.status == 303 && answer.header("Location") == "/desk/dlhk", "\(answer)")
            let attributes = Set(
                (answer.header("Set-Cookie") ?? "").split(separator: ";").dropFirst()
                    .map { $0.trimmingCharacters(in: .whitespaces).lowercased() })
            #expect(
                attributes.isSuperset(of: ["httponly", "samesite=strict", "path=/", "max-age=43200"]), "\(attributes)")
            let browser = stack.door.with("Cookie", cookie ?? "")
            #expect(try await browser.get("/desk/dlhk").status == 200)
            #expect(try await browser.get("/v1/agencies/dlhk/events").status == 200)
            #expect(try await browser.get("/desk/dishub").status == 403)
            #expect(try await browser.get("/dashboard").status == 403)
            let isAway = try await browser.with("Origin", "http://jahat.example").post("/keluar", form: "").status
            #expect(isAway == 403)
            #expect(try await browser.with("Origin", stack.frontDoor).post("/keluar", form: "").status == 303)
            try await wait(for: "the cookie to be worth nothing", within: .seconds(5)) {
                try await browser.get("/v1/agencies/dlhk/events").status == 401
            }
        }

        @Test("a cookie moves nothing on another site's behalf")
        func origins() async throws {
            let (_, cookie) = try await signIn(stack.credentials.agencyTokens["dlhk"] ?? "")
            let receipt = try await stack.integrator.post("/v1/reports", json: Sample.report())
            let path = "/v1/agencies/dlhk/reports/\(receipt["id"]?.text ?? "")"
            let browser = stack.door.with("Cookie", cookie ?? "")
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await browser.get(path).status == 200
            }
            let cases: [(headers: [(String, String)], status: Int)] = [
                ([], 403), ([("Origin", "http://jahat.example")], 403), ([("Origin", "null")], 403),
                ([("Sec-Fetch-Site", "cross-site")], 403), ([("Sec-Fetch-Site", "same-site")], 403),
                ([("Referer", "http://jahat.example/\(stack.frontDoor)")], 403),
                ([("Origin", "http://jahat.example"), ("Sec-Fetch-Site", "same-origin")], 403),
                ([("Origin", stack.frontDoor)], 200), ([("Sec-Fetch-Site", "same-origin")], 200),
                ([("Referer", stack.frontDoor + "/desk/dlhk")], 200),
            ]
            for (headers, status) in cases {
                let door = headers.reduce(browser) { $0.with($1.0, $1.1) }
                let answer = try await door.post(path + "/comment", json: ["internal_note": "dari peramban"])
                #expect(answer.status == status, "\(headers): \(answer)")
            }
            let version = try await browser.get(path)["version"]?.number
            #expect(version == 4, "three of these comments count, and no other")
        }

        @Test("the operator comes to the dashboard; an integrator, a stranger and another site do not come in")
        func others() async throws {
            let (answer, cookie) = try await signIn(stack.credentials.operatorToken)
            #expect(answer.status == 303 && answer.header("Location") == "/dashboard", "\(answer)")
            let browser = stack.door.with("Cookie", cookie ?? "")
            #expect(try await browser.get("/dashboard").status == 200)
            #expect(try await browser.get("/v1/analytics/summary").status == 200)
            #expect(try await browser.get("/desk/kominfo").status == 403)
            for token in [stack.credentials.integratorKey, "sas_" + String(repeating: "A", count: 43), "", "a%00b"] {
                let (answer, cookie) = try await signIn(token)
                #expect(answer.status == 401 && cookie == nil, "\(answer)")
            }
            let elsewhere = try await stack.door.with("Origin", "http://jahat.example")
                .post("/masuk", form: "token=\(stack.credentials.operatorToken)")
            #expect(elsewhere.status == 403 && elsewhere.header("Set-Cookie") == nil, "\(elsewhere)")
        }

        @Test("the private link opens the report for this browser, and a made-up one opens nothing")
        func privateLink() async throws {
            let receipt = try await stack.door.post(
                "/v1/reports", json: Sample.report("orang_hilang", "Anak hilang di pasar"))
            let (id, code) = (receipt["id"]?.text ?? "", receipt["tracking_code"]?.text ?? "")
            let opened = try await stack.door.get(receipt["links"]?["manage"]?.text ?? "")
            #expect(opened.status == 303 && opened.header("Location") == "/lacak/\(code)", "\(opened)")
            let cookie = opened.header("Set-Cookie") ?? ""
            #expect(cookie.lowercased().contains("httponly"), "\(cookie)")
            let browser = stack.door.with("Cookie", String(cookie.prefix { $0 != ";" }))
            #expect(try await browser.get("/lacak/\(code)").text.contains("Anak hilang di pasar"))
            #expect(try await browser.get("/v1/reports/\(id)").status == 200)
            let other = try await stack.door.post("/v1/reports", json: Sample.report("orang_hilang", "Kakek hilang"))
            #expect(try await browser.get("/v1/reports/\(other["id"]?.text ?? "")").status == 404)
            let madeUp = try await stack.door.get("/k/" + String(repeating: "A", count: 26))
            #expect(madeUp.status == 404 && madeUp.header("Set-Cookie") == nil, "\(madeUp)")
        }

        @Test("the report form is taken from our own page and from who says nothing of theirs, not from another site")
        func form() async throws {
            let form = "category=sampah&description=Sampah+di+jalan&area=53.71.04.1008"
            let cases: [(headers: [(String, String)], status: Int)] = [
                ([], 201), ([("Origin", stack.frontDoor)], 201), ([("Sec-Fetch-Site", "same-origin")], 201),
                ([("Referer", stack.frontDoor + "/lapor")], 201),
                ([("Origin", "http://jahat.example")], 403), ([("Origin", "null")], 403),
                ([("Sec-Fetch-Site", "cross-site")], 403), ([("Referer", "http://jahat.example/")], 403),
            ]
            for (headers, status) in cases {
                let door = headers.reduce(stack.door) { $0.with($1.0, $1.1) }
                let answer = try await door.post("/lapor", form: form)
                #expect(answer.status == status, "\(headers): \(answer)")
            }
        }

        @Test("who is told to whom the report goes is told the truth, also where its place is not known")
        func promise() async throws {
            let known = "category=sampah&description=Sampah+di+jalan&area=53.71.04.1008"
            let unknown = "category=sampah&description=Sampah+di+jalan&address=Jalan+Tanpa+Nama+5"
            for (form, agency) in [
                (known, "Dinas Lingkungan Hidup dan Kebersihan"), (unknown, "Dinas Komunikasi dan Informatika"),
            ] {
                let sent = try await stack.door.with("Origin", stack.frontDoor).post("/lapor", form: form)
                #expect(sent.status == 201 && sent.text.contains(agency), "\(sent)")
            }
        }
    }
}
