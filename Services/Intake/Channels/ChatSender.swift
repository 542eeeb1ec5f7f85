internal import Domain
internal import FoundationEssentials
internal import Logging
internal import Pages
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// Puts news into words, and hands messages to the providers: at least once, to one person in order, by one replica at a
/// time.
struct ChatSender: Sendable {
    /// Messages on their way at once.
    static let atOnce = 16
    /// For how long a message is this replica's alone; longer than an attempt can take.
    static let leaseSeconds = 30
    /// News that one transaction puts into words.
    private static let newsLimit = 100
    private static let pause: Duration = .seconds(2)

    let registry: CityRegistry
    let store: ChatStore
    let vault: ChatVault
    let providers: [any ChatProvider]
    let publicURL: String
    /// Rung by whoever has something to send, and by who sees news.
    let bell: Wake
    let logger: Logger
    let clock: @Sendable () -> Timestamp

    /// Works until the task is cancelled; what is on its way then is taken up again when its lease ends.
    func run() async {
        let places = FreePlaces(Self.atOnce)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let heard = bell.generation
                for loaded in registry.cities {
                    await tell(in: loaded.city)
                    for due in await take(places.count, in: loaded.city.code) {
                        places.take()
                        group.addTask {
                            await deliver(due, in: loaded.city)
                            places.giveBack()
                            bell.ring()
                        }
                    }
                }
                await bell.wait(since: heard, atMost: Self.pause)
            }
            group.cancelAll()
        }
    }

    private func take(_ free: Int, in jurisdiction: JurisdictionCode) async -> [DueChatDelivery] {
        guard free > 0 else { return [] }
        do {
            return try await store.outgoing(
                free, for: Self.leaseSeconds, through: providers.map(\.channel), in: jurisdiction)
        } catch {
            logger.warning("Messages not taken up; trying again", metadata: [LogKey.error: "\(error)"])
            return []
        }
    }

    /// What changed is written down as a message for each who waits for it.
    func tell(in city: City) async {
        let wording = ChatWording(city: city, publicURL: publicURL, now: clock())
        do {
            while !Task.isCancelled {
                let count = try await store.tell(Self.newsLimit, in: city.code) { try word($0, wording, city) }
                if count < Self.newsLimit { return }
            }
        } catch {
            logger.warning("News not put into words; trying again", metadata: [LogKey.error: "\(error)"])
        }
    }

    private func word(_ news: ChatNews, _ wording: ChatWording, _ city: City) throws -> NewChatDelivery? {
        let isPrivate = city.visibility(chosen: news.visibility, categories: news.categories) == .private
        let (text, parameters) = wording.news(
            news.trackingCode, news.status, category: news.categories.last ?? nil, subtype: news.subtype,
            isPrivate: isPrivate)
        // Sealed with a key that is gone: nobody can be written to.
        guard let address = try? vault.address(news.address, of: news.report) else { return nil }
        return try vault.outgoing(ChatDelivery(address: address, text: text, parameters: parameters))
    }

    /// One attempt, and what follows from it.
    func deliver(_ due: DueChatDelivery, in city: City) async {
        let channel = due.person.channel
        guard let provider = providers.first(where: { $0.channel == channel }) else { return }
        let (answer, isWithheld) = await send(due, by: provider, city)
        let step = ChatSchedule.step(after: answer, attempts: due.attempts, spread: .random(in: 0...1))
        let (settlement, outcome): (ChatSettlement, ChatMetrics.Delivery) =
            switch step {
            case .delivered: (.gone, .delivered)
            case .giveUp: (.gone, isWithheld ? .withheld : .givenUp)
            case .forget: (.unreachable, .unreachable)
            case .again(let seconds): (.again(afterSeconds: seconds), .again)
            }
        ChatMetrics.count(outcome, of: channel)
        if outcome == .givenUp {
            logger.info("A message was not taken by its provider", metadata: [LogKey.channel: "\(channel)"])
        }
        do { try await store.settle(due, settlement, in: city.code) } catch {
            // Sent again when the lease ends.
            logger.warning("A sent message not noted", metadata: [LogKey.error: "\(error)"])
        }
    }

    /// - Returns: what the provider says, and whether it was not even asked, for want of a way to say it.
    private func send(
        _ due: DueChatDelivery, by provider: any ChatProvider, _ city: City
    ) async -> (ChatAnswer, isWithheld: Bool) {
        guard let delivery = try? vault.delivery(due) else { return (.refused, false) }
        let template = provider.channel == .whatsapp ? city.whatsappNews : nil
        let form = ChatSchedule.form(
            of: delivery, heardAt: due.heardAt, now: due.now, window: provider.window, template: template)
        if form == .none { return (.outsideWindow, true) }
        let answer = await provider.send(delivery, as: form)
        // Its clock may be ahead of ours.
        guard answer == .outsideWindow, form == .text, let template, !delivery.parameters.isEmpty else {
            return (answer, false)
        }
        return (await provider.send(delivery, as: .template(template)), false)
    }
}
