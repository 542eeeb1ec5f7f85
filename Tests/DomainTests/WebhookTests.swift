import Domain
import Testing

@Suite("Webhooks")
struct WebhookTests {
    /// The example that libraries of Standard Webhooks are checked with.
    enum Example {
        static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
        static let seconds: Int64 = 1_614_265_330
        static let body = Array(#"{"test": 2432232314}"#.utf8)
        static let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    }

    @Test("are signed as the standard's example is")
    func example() throws {
        let secret = try #require(WebhookSecret(text: Example.secret))
        let header = WebhookSignature.header(
            id: Example.id, seconds: Example.seconds, body: Example.body, secrets: [secret])
        #expect(header == Example.signature)
    }

    @Test("are signed with the old and the new secret while one follows the other")
    func rotation() throws {
        let old = try #require(WebhookSecret(text: Example.secret))
        let new = try #require(WebhookSecret(bytes: [UInt8](repeating: 7, count: 32)))
        func header(_ secrets: [WebhookSecret]) -> String {
            WebhookSignature.header(id: Example.id, seconds: Example.seconds, body: Example.body, secrets: secrets)
        }
        #expect(header([new, old]) == "\(header([new])) \(Example.signature)")
        #expect(header([new]) != Example.signature)
    }

    @Test("have secrets that read back as they were written, and show themselves nowhere", arguments: [24, 32, 64])
    func secrets(count: Int) throws {
        let secret = try #require(WebhookSecret(bytes: (0..<count).map { UInt8($0) }))
        #expect(WebhookSecret(text: secret.text)?.bytes == secret.bytes)
        #expect("\(secret)" == "(secret)" && String(reflecting: secret) == "(secret)")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("whsec_") && !dumped.contains("23"))
    }

    @Test(
        "take no secret of another form",
        arguments: [
            "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8G",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!w",
        ])
    func faultySecrets(text: String) {
        #expect(WebhookSecret(text: text) == nil)
    }

    @Test("have secrets of bounded size", arguments: [0, 23, 65])
    func sizes(count: Int) {
        #expect(WebhookSecret(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test("end with the answer that takes the event, and for good with 410", arguments: WebhookPolicy.allCases)
    func ends(policy: WebhookPolicy) {
        let schedule = WebhookSchedule(pauses: [5, 30])
        for attempts in 1...3 {
            for status in [200, 202, 204, 299] {
                let taken = schedule.step(after: .status(status), attempts: attempts, policy: policy, spread: 0.5)
                #expect(taken == .delivered)
            }
            let gone = schedule.step(
                after: .status(410, retryAfterSeconds: 9), attempts: attempts, policy: policy, spread: 0.5)
            #expect(gone == .disable(.gone))
        }
    }

    @Test(
        "are tried again after anything else, as often as there are pauses",
        arguments: [
            WebhookAnswer.none, .status(100), .status(301), .status(307), .status(400), .status(404), .status(429),
            .status(500), .status(503),
        ])
    func failures(answer: WebhookAnswer) {
        let schedule = WebhookSchedule(pauses: [5, 30])
        func step(_ attempts: Int, _ policy: WebhookPolicy) -> WebhookStep {
            schedule.step(after: answer, attempts: attempts, policy: policy, spread: 0)
        }
        #expect(step(1, .block) == .again(afterSeconds: 5))
        #expect(step(2, .deadLetter) == .again(afterSeconds: 30))
        #expect(step(3, .block) == .disable(.exhausted))
        #expect(step(3, .deadLetter) == .deadLetter)
    }

    @Test(
        "wait as long as the answer asks, within bounds",
        arguments: [
            (nil, 30), (-5, 30), (0, 30), (29, 30), (31, 31), (3_600, 3_600), (.max, 21_600),
        ] as [(Int?, Int)])
    func holds(asked: Int?, wait: Int) {
        let step = WebhookSchedule(pauses: [5, 30]).step(
            after: .status(503, retryAfterSeconds: asked), attempts: 2, policy: .block, spread: 0)
        #expect(step == .again(afterSeconds: wait))
    }

    @Test("go on for three days, whatever chance makes of it")
    func standard() {
        let schedule = WebhookSchedule.standard
        func total(_ spread: Double) -> Int {
            (1...schedule.pauses.count).reduce(0) { sum, attempts in
                let step = schedule.step(after: .none, attempts: attempts, policy: .block, spread: spread)
                guard case .again(let seconds) = step else { return -1 }
                return sum + seconds
            }
        }
        #expect((255_000...3 * 86_400).contains(total(0)))
        #expect((204_000...208_000).contains(total(1)))
        #expect(schedule.pauses == schedule.pauses.sorted())
    }
}
