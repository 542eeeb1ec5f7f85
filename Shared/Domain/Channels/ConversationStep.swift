package import FoundationEssentials

extension Conversation {
    /// What the person has sent since the last time, in order: what is said to it, once, and what is asked next.
    ///
    /// Where the report is complete now it stands in ``filing``; nothing further is to be taken until it is filed.
    package mutating func take(_ messages: [ChatMessage], _ context: ConversationContext) -> [ChatReply] {
        var replies: [ChatReply] = []
        var isDraftTouched = false
        for message in messages {
            expire(at: min(message.sentAt, context.seconds))
            isDraftTouched = take(message, context, &replies) || isDraftTouched
        }
        // Photos of an album come one after the other; nobody wants to be asked after each.
        let isAlbum = messages.allSatisfy { if case .photo(_, caption: nil) = $0.content { true } else { false } }
        if isDraftTouched { conclude(context, isAlbum: isAlbum, &replies) }
        guard !replies.isEmpty || filing != nil else { return [] }
        // The first thing that anybody is told is what becomes of what they send.
        if !knowsPrivacy {
            replies.insert(.privacy, at: 0)
            knowsPrivacy = true
        }
        return replies.uniqued()
    }

    /// The report has been stored.
    package mutating func filed(_ report: UUID, code: String, at now: Timestamp) -> [ChatReply] {
        guard let filing else { return [] }
        let seconds = now.milliseconds / 1_000
        self.filing = nil
        let sent = Sent(id: report, code: code, at: seconds)
        last = sent
        filedAt = (filedAt + [seconds]).suffix(Self.reportLimit)
        waitingPhotos += filing.photos.map { WaitingPhoto(report: report, photo: $0) }
        return [.received(sent, filing.category, filing.subtype)]
    }

    /// The report can never be stored as it is.
    package mutating func refused() -> [ChatReply] {
        filing = nil
        return [.failed]
    }

    /// What became of an attempt to fetch the first waiting photo.
    package mutating func settledPhoto(_ outcome: PhotoOutcome) -> [ChatReply] {
        guard !waitingPhotos.isEmpty else { return [] }
        switch outcome {
        case .added: waitingPhotos.removeFirst()
        case .lost:
            waitingPhotos.removeFirst()
            return [.photosLost(1)]
        case .again:
            waitingPhotos[0].attempts += 1
            guard waitingPhotos[0].attempts < Self.photoAttempts else { return settledPhoto(.lost) }
        }
        return []
    }

    package enum PhotoOutcome: Hashable, Sendable {
        case added
        /// There is no such photo, or the report takes none.
        case lost
        case again
    }

    private mutating func expire(at seconds: Int64) {
        if let draft, seconds - draft.lastAt > Self.windowSeconds { self.draft = nil }
    }

    // MARK: One message

    /// - Returns: whether it belongs to a report.
    private mutating func take(
        _ message: ChatMessage, _ context: ConversationContext, _ replies: inout [ChatReply]
    ) -> Bool {
        let at = min(message.sentAt, context.seconds)
        switch message.content {
        case .other:
            replies.append(.unsupported)
            return draft != nil
        case .location(let location):
            return take(location, at, context, &replies)
        case .photo(let photo, let caption):
            if let last, draft == nil, caption == nil, at - last.at <= Self.lateSeconds {
                guard waitingPhotos.count < Self.photoLimit else { return false }
                waitingPhotos.append(WaitingPhoto(report: last.id, photo: photo))
                replies.append(.photoAdded(last.code))
                return false
            }
            begin(at, context)
            if draft!.photos.count < Self.photoLimit { draft!.photos.append(photo) }
            if let caption { note(caption, context, &replies) }
            return true
        case .text(let text):
            guard let command = ConversationWords.command(in: text, city: context.city) else {
                if draft == nil, ConversationWords.isThanks(text) {
                    replies.append(.thanks)
                    return false
                }
                begin(at, context)
                note(text, context, &replies)
                return true
            }
            return obey(command, &replies)
        }
    }

    private mutating func obey(_ command: ConversationWords.Command, _ replies: inout [ChatReply]) -> Bool {
        switch command {
        case .cancel:
            draft = nil
            replies.append(.cancelled)
        case .stop:
            draft = nil
            replies.append(.stopped)
        case .help: replies.append(.help)
        case .unknownCode: replies.append(.askCode)
        case .status(let code):
            if let code = code ?? last.flatMap({ TrackingCode(parsing: $0.code) }) {
                replies.append(.status(code))
            } else {
                replies.append(.askCode)
            }
        }
        return false
    }

    private mutating func begin(_ at: Int64, _ context: ConversationContext) {
        if draft == nil { draft = Draft(key: context.newKey, lastAt: at) }
        draft!.lastAt = max(draft!.lastAt, at)
    }

    private mutating func take(
        _ location: ChatLocation, _ at: Int64, _ context: ConversationContext, _ replies: inout [ChatReply]
    ) -> Bool {
        guard abs(location.lat) <= 90, abs(location.lon) <= 180,
            context.places.locate(Coordinate(lat: location.lat, lon: location.lon)) != nil
        else {
            begin(at, context)
            replies.append(.outsideCity)
            draft!.asked = .place
            draft!.askedAt = at
            return true
        }
        begin(at, context)
        draft!.location = location
        if draft!.asked == .place || draft!.asked == .landmark { draft!.asked = nil }
        if let name = location.name, draft!.landmark == nil { draft!.landmark = Self.cut(name, 300) }
        return true
    }

    // MARK: Words

    private mutating func note(_ text: String, _ context: ConversationContext, _ replies: inout [ChatReply]) {
        switch draft!.asked {
        case nil, .description: notePlainly(text, context)
        case .place: notePlace(text, context, &replies)
        case .landmark:
            if !ConversationWords.isUnknown(text) { draft!.landmark = Self.cut(text, 300) }
            draft!.asked = nil
        case .category:
            noteCategory(text, context)
        case .subtype: noteSubtype(text, context)
        }
    }

    /// The description, or, where the list was shown, the number of a category.
    private mutating func notePlainly(_ text: String, _ context: ConversationContext) {
        if draft!.asked == .description, let choice = ConversationWords.choice(text, of: context.city.categories.count)
        {
            choose(choice, context)
            return
        }
        // What is too short to tell anything is asked for again.
        if draft!.asked == .description { draft!.misses += 1 }
        if draft!.texts.count < Self.textLimit { draft!.texts.append(text) }
    }

    private mutating func notePlace(
        _ text: String, _ context: ConversationContext, _ replies: inout [ChatReply]
    ) {
        draft!.address = Self.cut(text, 500)
        guard let area = context.places.area(inAddress: text) else {
            draft!.misses += 1
            if draft!.misses < Self.missLimit, !ConversationWords.isUnknown(text) {
                replies.append(.unknownPlace)
            } else {
                draft!.asked = nil
            }
            return
        }
        draft!.asked = nil
        draft!.area = area.code
        // More than the kelurahan's name says where in it.
        let words = AreaNames.withoutMarks(text)
        let hasMore = ([area.name, area.district] + area.spellings).reduce(words) { rest, name in
            rest.replacing(AreaNames.withoutMarks(name), with: "")
        }.contains { !$0.isWhitespace }
        if hasMore, draft!.landmark == nil { draft!.landmark = Self.cut(text, 300) }
    }

    private mutating func noteCategory(_ text: String, _ context: ConversationContext) {
        if let choice = ConversationWords.choice(text, of: context.city.categories.count) {
            choose(choice, context)
        } else if ConversationWords.isUnknown(text) {
            draft!.isCategorySettled = true
            draft!.asked = nil
        } else if let found = ConversationWords.category(in: text, city: context.city) {
            settle(found)
        } else {
            // It may still help whoever sorts the report.
            if draft!.texts.count < Self.textLimit { draft!.texts.append(text) }
            miss()
            if draft!.asked == nil { draft!.isCategorySettled = true }
        }
    }

    /// - Parameter choice: 0 for none of the list.
    private mutating func choose(_ choice: Int, _ context: ConversationContext) {
        draft!.asked = nil
        draft!.isCategorySettled = true
        if choice > 0 { draft!.category = context.city.categories[choice - 1].code }
    }

    private mutating func settle(_ found: ConversationWords.Found) {
        draft!.asked = nil
        draft!.isCategorySettled = true
        (draft!.category, draft!.subtype) = (found.category, found.subtype)
    }

    private mutating func noteSubtype(_ text: String, _ context: ConversationContext) {
        let subtypes = draft!.category.flatMap { context.city.category($0) }?.subtypes ?? []
        if let choice = ConversationWords.choice(text, of: subtypes.count) {
            if choice > 0 { draft!.subtype = subtypes[choice - 1].code }
            draft!.asked = nil
            draft!.isSubtypeSettled = true
        } else if let found = ConversationWords.category(in: text, city: context.city),
            found.category == draft!.category, let subtype = found.subtype
        {
            draft!.subtype = subtype
            draft!.asked = nil
        } else {
            if ConversationWords.isUnknown(text) { draft!.misses = Self.missLimit }
            miss()
            if draft!.asked == nil { draft!.isSubtypeSettled = true }
        }
    }

    private mutating func miss() {
        draft!.misses += 1
        if draft!.misses >= Self.missLimit { draft!.asked = nil }
    }

    static func cut(_ text: String, _ limit: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }

    // MARK: What is missing

    private mutating func conclude(
        _ context: ConversationContext, isAlbum: Bool, _ replies: inout [ChatReply]
    ) {
        guard filing == nil, var draft else { return }
        draft.readTexts(context)
        self.draft = draft
        warn(context, &replies)
        if let question = draft.missing(in: context.city) { return ask(question, context, isAlbum: isAlbum, &replies) }
        let isUrgent = draft.category.flatMap { context.city.category($0) }?.urgent ?? false
        let recent = filedAt.filter { context.seconds - $0 < Self.hourSeconds }
        guard isUrgent || recent.count < Self.reportLimit else {
            replies.append(.tooMany)
            return
        }
        filing = Filing(
            key: draft.key, body: String(decoding: draft.body(in: context.city), as: UTF8.self),
            photos: draft.photos, category: draft.category, subtype: draft.subtype)
        self.draft = nil
    }

    private mutating func warn(_ context: ConversationContext, _ replies: inout [ChatReply]) {
        guard let code = draft?.category, let category = context.city.category(code), category.urgent,
            draft?.isWarned == false
        else { return }
        draft!.isWarned = true
        replies.append(.emergency(code))
    }

    private mutating func ask(
        _ question: Question, _ context: ConversationContext, isAlbum: Bool, _ replies: inout [ChatReply]
    ) {
        let isRecent =
            isAlbum && draft!.asked == question && context.seconds - draft!.askedAt < Self.quietSeconds
        // What was just said asks for it already.
        let isSaid = question == .place && replies.contains { $0 == .outsideCity || $0 == .unknownPlace }
        if draft!.asked != question { draft!.misses = 0 }
        draft!.asked = question
        if !isRecent { draft!.askedAt = context.seconds }
        if question == .landmark { draft!.hasAskedLandmark = true }
        if isRecent || isSaid { return }
        switch question {
        case .description: replies.append(.askDescription)
        case .place: replies.append(.askPlace)
        case .landmark: replies.append(draft!.area.map(ChatReply.askLandmark) ?? .askPlace)
        case .category: replies.append(.askCategory)
        case .subtype: replies.append(draft!.category.map(ChatReply.askSubtype) ?? .askCategory)
        }
    }
}

extension Array where Element: Hashable {
    /// Each once, at its first place.
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
