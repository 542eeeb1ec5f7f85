internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Logging
internal import Pages
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// Looks at chats in which something was said, files the reports that are complete, and answers. What it has decided is
/// stored before it acts on it, so whoever goes on after a crash does the same again, and nothing twice.
struct ChatDesk: Sendable {
    /// Chats that are looked at together.
    static let atOnce = 8
    /// For how long a chat is this replica's alone; longer than a step of it can take.
    static let leaseSeconds = 60
    /// Steps that one look takes at most.
    private static let stepLimit = 40
    private static let pause: Duration = .seconds(1)
    /// Before a report is tried again that could not be stored.
    private static let storeAway_s = 5
    /// Until a report is with its agency, and takes photos.
    private static let photoPause_s = 2

    let registry: CityRegistry
    let cities: ServedCities
    let store: ChatStore
    let vault: ChatVault
    let filing: ReportFiling
    let photos: ChatPhotos
    let reports: ReportStore
    let providers: [any ChatProvider]
    let publicURL: String
    /// Rung by the webhooks.
    let bell: Wake
    /// Rung when there is something to send.
    let outbox: Wake
    let logger: Logger
    let clock: @Sendable () -> Timestamp

    /// Works until the task is cancelled.
    func run() async {
        let places = FreePlaces(Self.atOnce)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let heard = bell.generation
                for loaded in registry.cities {
                    for chat in await take(places.count, in: loaded.city.code) {
                        places.take()
                        group.addTask {
                            await look(at: chat, in: loaded.city.code)
                            places.giveBack()
                            bell.ring()
                        }
                    }
                }
                // What is due is known to the store alone, so it is asked now and then.
                await bell.wait(since: heard, atMost: Self.pause)
            }
            group.cancelAll()
        }
    }

    private func take(_ free: Int, in jurisdiction: JurisdictionCode) async -> [DueChat] {
        guard free > 0 else { return [] }
        do { return try await store.due(free, for: Self.leaseSeconds, in: jurisdiction) } catch {
            logger.warning("Chats not looked for; trying again", metadata: [LogKey.error: "\(error)"])
            return []
        }
    }

    /// What fails is taken up again when the lease ends.
    func look(at chat: DueChat, in jurisdiction: JurisdictionCode) async {
        do {
            let city = try await cities.city(jurisdiction)
            var held: ChatVault.Chat?
            if let sealed = chat.sealed { held = try vault.chat(sealed, of: chat.person) }
            for _ in 0..<Self.stepLimit {
                guard let next = try await step(chat, &held, city), next == .goOn else { return }
            }
        } catch is CancellationError {
        } catch {
            // Nothing of what was written stands in such an error.
            logger.warning("A chat not looked at; trying again", metadata: [LogKey.error: "\(type(of: error))"])
        }
    }

    /// One thing that is to be done, stored with all that follows from it.
    ///
    /// - Returns: what next; nil where there is nothing more, or another has the chat.
    private func step(
        _ chat: DueChat, _ held: inout ChatVault.Chat?, _ city: ServedCity
    ) async throws -> ChatProgress.Next? {
        if let filing = held?.conversation.filing {
            return try await file(filing, chat, &held!, city)
        }
        let waiting = try await store.waiting(of: chat.person, in: city.city.code)
        if !waiting.isEmpty { return try await read(waiting, chat, &held, city) }
        guard held != nil else { return nil }
        if let photo = held!.conversation.waitingPhotos.first {
            return try await attach(photo, chat, &held!, city)
        }
        return try await settle(chat, held!, city, next: .rest)
    }

    // MARK: Steps

    private func read(
        _ waiting: [WaitingChatMessage], _ chat: DueChat, _ held: inout ChatVault.Chat?, _ city: ServedCity
    ) async throws -> ChatProgress.Next? {
        var messages: [ChatMessage] = []
        for message in waiting {
            do { messages.append(try vault.message(message)) } catch {
                logger.error("A message cannot be opened; it is passed over")
            }
        }
        guard var now = held ?? messages.first.map({ ChatVault.Chat(address: $0.address) }) else { return nil }
        now.address = messages.last?.address ?? now.address
        let context = ConversationContext(city: city.city, places: city.places, now: clock(), newKey: UUID())
        let replies = now.conversation.take(messages, context)
        held = now
        return try await settle(
            chat, now, city, saying: replies, next: .goOn, seen: waiting.map(\.id),
            endsNews: replies.contains(.stopped))
    }

    private func file(
        _ filing: Conversation.Filing, _ chat: DueChat, _ held: inout ChatVault.Chat, _ city: ServedCity
    ) async throws -> ChatProgress.Next? {
        let receipt: AdmittedReceipt
        do {
            receipt = try await self.filing.file(
                Array(filing.body.utf8), key: .header(filing.key.text),
                from: ReportSource(channel: chat.person.channel), trace: .begun, city: city, language: .indonesian)
        } catch let problem as ProblemDetails where [400, 422].contains(problem.status.code) {
            let replies = held.conversation.refused()
            return try await settle(chat, held, city, saying: replies, next: .goOn)
        } catch is ProblemDetails {
            return try await settle(chat, held, city, next: .again(afterSeconds: Self.storeAway_s))
        }
        let report = receipt.receipt
        let replies = held.conversation.filed(report.id, code: report.trackingCode, at: clock())
        let own = "\(publicURL)/k/\(receipt.reporterKey.text)"
        let hasPhotos = !held.conversation.waitingPhotos.isEmpty
        return try await settle(
            chat, held, city, saying: replies, own: own,
            next: hasPhotos ? .again(afterSeconds: Self.photoPause_s) : .goOn, following: report.id)
    }

    private func attach(
        _ photo: Conversation.WaitingPhoto, _ chat: DueChat, _ held: inout ChatVault.Chat, _ city: ServedCity
    ) async throws -> ChatProgress.Next? {
        let provider = providers.first { $0.channel == chat.person.channel }
        var outcome = Conversation.PhotoOutcome.again
        if let provider {
            do {
                outcome = try await photos.attach(photo.photo, to: photo.report, from: provider, in: city.loaded)
            } catch is ProblemDetails {}
        }
        let replies = held.conversation.settledPhoto(outcome)
        let attempts = held.conversation.waitingPhotos.first?.attempts ?? 0
        let next: ChatProgress.Next = attempts > 0 ? .again(afterSeconds: 2 << min(attempts, 8)) : .goOn
        return try await settle(chat, held, city, saying: replies, next: next)
    }

    // MARK: Storing

    private func settle(
        _ chat: DueChat, _ held: ChatVault.Chat, _ city: ServedCity, saying replies: [ChatReply] = [],
        own: String? = nil, next: ChatProgress.Next, seen: [[UInt8]] = [], endsNews: Bool = false,
        following report: UUID? = nil
    ) async throws -> ChatProgress.Next? {
        var progress = ChatProgress(state: try vault.seal(held, of: chat.person), next: next)
        progress.seen = seen
        progress.endsNews = endsNews
        if let report { progress.follows = (report, try vault.seal(address: held.address, of: report)) }
        if !replies.isEmpty {
            let text = try await words(replies, own: own, city.city)
            let delivery = ChatDelivery(
                address: held.address, text: text, asksPlace: replies.contains(where: \.asksPlace))
            progress.deliveries = [try vault.outgoing(delivery)]
        }
        let isOurs = try await store.settle(chat, progress, holding: Self.leaseSeconds, in: city.city.code)
        guard isOurs else { return nil }
        if !progress.deliveries.isEmpty || report != nil { outbox.ring() }
        return next
    }

    /// All of it as one message.
    private func words(_ replies: [ChatReply], own: String?, _ city: City) async throws -> String {
        let wording = ChatWording(city: city, publicURL: publicURL, now: clock())
        var texts: [String] = []
        for reply in replies {
            if case .status(let code) = reply {
                texts.append(try await status(of: code, wording, city))
            } else {
                texts.append(wording.text(reply, own: own))
            }
        }
        return texts.joined(separator: "\n\n")
    }

    /// What anybody may know who has the code; who writes is not asked.
    private func status(of code: TrackingCode, _ wording: ChatWording, _ city: City) async throws -> String {
        guard let tracked = try await reports.report(trackingCode: code.text, in: city.code) else {
            return wording.text(.status(code))
        }
        let view = PublicView(tracked: tracked, city: city, extent: .limited)
        return wording.status(
            tracked.report.trackingCode, view.status, agency: tracked.state?.agency,
            receivedAt: tracked.report.receivedAt, deadlines: tracked.state?.deadlines)
    }
}
