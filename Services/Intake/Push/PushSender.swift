internal import Crypto
internal import Domain
internal import Logging
internal import Outbound
internal import Pages
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// Hands what is due to the browsers' push services (RFC 8030): at least once, by one replica at a time.
struct PushSender: Sendable {
    /// Messages on their way at once; a service that does not answer takes one place for ``timeout``.
    static let atOnce = 16
    /// Between two messages at least.
    static let spacing: Duration = .milliseconds(10)
    static let timeout: Duration = .seconds(10)
    /// For how long a message is this replica's alone; longer than an attempt can take.
    static let leaseSeconds = 60
    /// So long a push service keeps what a phone that is off has not fetched.
    static let timeToLiveSeconds = 3 * 86_400
    private static let pause: Duration = .seconds(2)

    let registry: CityRegistry
    let store: PushStore
    let identity: PushIdentity
    let client: OutboundClient
    let bell: Wake
    let logger: Logger
    let clock: @Sendable () -> Timestamp

    /// Works until the task is cancelled; what is on its way then is taken up again when its lease ends.
    func run() async {
        let places = FreePlaces(Self.atOnce)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let heard = bell.generation
                for city in registry.cities {
                    for push in await take(places.count, in: city.city.code) {
                        places.take()
                        group.addTask {
                            await deliver(push, in: city.city)
                            places.giveBack()
                            bell.ring()
                        }
                        try? await Task.sleep(for: Self.spacing)
                    }
                }
                await bell.wait(since: heard, atMost: Self.pause)
            }
            group.cancelAll()
        }
    }

    private func take(_ free: Int, in jurisdiction: JurisdictionCode) async -> [DuePush] {
        guard free > 0 else { return [] }
        do {
            return try await store.take(free, for: Self.leaseSeconds, in: jurisdiction)
        } catch {
            logger.warning("News not taken up; trying again", metadata: [LogKey.error: "\(error)"])
            return []
        }
    }

    /// One attempt, and what follows from it.
    func deliver(_ push: DuePush, in city: City) async {
        let step = PushSchedule.step(
            after: await answer(to: push, in: city), attempts: push.attempts, spread: .random(in: 0...1))
        let (settlement, outcome): (PushSettlement, PushMetrics.Outcome) =
            switch step {
            case .delivered: (.told(push.status), .delivered)
            case .forget: (.forgotten, .forgotten)
            case .again(let seconds): (.again(afterSeconds: seconds), .again)
            case .giveUp: (.told(push.status), .givenUp)
            }
        PushMetrics.count(outcome)
        if outcome == .givenUp {
            logger.info(
                "News not told: its push service would not have it", metadata: [LogKey.report: "\(push.reportID)"])
        }
        do { try await store.settle(push, settlement, in: city.code) } catch {
            // Told again when the lease ends: the phone shows one notice a report.
            logger.warning("Told news not noted", metadata: [LogKey.error: "\(error)"])
        }
    }

    private func answer(to push: DuePush, in city: City) async -> PushAnswer {
        let request: OutboundRequest
        do { request = try self.request(for: push, in: city) } catch { return .status(400) }
        do throws(OutboundError) {
            let answer = try await client.send(request)
            let wait = answer.retryAfter.flatMap { RetryAfter.seconds($0, at: clock()) }
            return .status(answer.status, retryAfterSeconds: wait)
        } catch {
            return error.kind == .forbidden ? .forbidden : .none
        }
    }

    private func request(for push: DuePush, in city: City) throws -> OutboundRequest {
        let category = push.categories.last ?? nil
        let notice = PushNotice(
            city: city, trackingCode: push.trackingCode, status: push.status, category: category, subtype: push.subtype,
            isPrivate: city.visibility(chosen: push.visibility, categories: push.categories) == .private)
        let salt = (0..<16).map { _ in UInt8.random(in: 0...255) }
        let body = try PushEncryption.encrypt(
            notice.payload(push.language), to: push.subscription, from: P256.KeyAgreement.PrivateKey(), salt: salt)
        let isUrgent = category.flatMap { city.category($0) }?.urgent ?? false
        return OutboundRequest(
            .post, push.subscription.endpoint,
            headers: [
                ("Authorization", try identity.authorization(for: push.subscription.endpoint, at: clock())),
                ("Content-Type", "application/octet-stream"), ("Content-Encoding", "aes128gcm"),
                ("TTL", "\(Self.timeToLiveSeconds)"), ("Urgency", isUrgent ? "high" : "normal"),
                ("Topic", Self.topic(of: push)),
            ], body: body, timeout: Self.timeout)
    }

    /// What a push service knows a report's news by, so that the newest replaces what was not fetched yet. It is another
    /// for each browser: nobody can tell who follows the same report.
    static func topic(of push: DuePush) -> String {
        let known = Array(push.reportID.text.utf8) + push.subscription.secret
        return Base64URL.encode(SHA256.hash(data: known).prefix(24))
    }
}
