package import FoundationEssentials

/// A command with everything that it carries.
package struct CommandRequest: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case acknowledge, start, resume, resolve, comment, reopen, withdraw, follow, close, erase
        /// What is asked is the note.
        case ask
        /// To be shown the reporter's name and number; the reporter reads why.
        case contact(reason: String)
        case hold(reason: String, until: Timestamp?)
        case reject(RejectReason, of: ReportReference?, referTo: String?)
        case transfer(to: AgencyCode, reason: String?, category: CategoryCode?, subtype: SubtypeCode?)
        case escalate(DeadlineKind)
        case rate(Int)
    }

    package enum RejectReason: String, Hashable, Sendable, CaseIterable {
        case notOurs = "not_ours"
        case duplicate, invalid
        case outOfArea = "out_of_area"
        case abuse
    }

    /// Another report, as people name it.
    package enum ReportReference: Hashable, Sendable {
        case id(UUID)
        case trackingCode(TrackingCode)

        package init?(text: String) {
            if let id = UUID(text: text) {
                self = .id(id)
            } else if let code = TrackingCode(parsing: text) {
                self = .trackingCode(code)
            } else {
                return nil
            }
        }

        package var id: UUID? { if case .id(let id) = self { id } else { nil } }
        package var trackingCode: String? { if case .trackingCode(let code) = self { code.text } else { nil } }

        package var text: String {
            switch self {
            case .id(let id): id.text
            case .trackingCode(let code): code.text
            }
        }
    }

    package var action: Action
    /// The version that the sender saw (`If-Match`).
    package var expectedVersion: Int?
    /// What the citizen sees.
    package var note: String?
    /// What only the agency sees.
    package var internalNote: String?
    /// Photos that were uploaded for it.
    package var media: [UUID]
    /// Their numbers among the report's photos, once they are its own.
    package var photos: [Int] = []
    /// Who at the agency; for the history only, never public.
    package var actor: String?

    package init(
        _ action: Action, expectedVersion: Int? = nil, note: String? = nil, internalNote: String? = nil,
        media: [UUID] = [], actor: String? = nil
    ) {
        self.action = action
        self.expectedVersion = expectedVersion
        self.note = note
        self.internalNote = internalNote
        self.media = media
        self.actor = actor
    }

    /// The other report that the command names.
    package var original: ReportReference? { if case .reject(_, let of, _) = action { of } else { nil } }

    package var command: Command {
        switch action {
        case .acknowledge: .acknowledge
        case .start: .start
        case .resume: .resume
        case .resolve: .resolve
        case .comment: .comment
        case .reopen: .reopen
        case .hold: .hold
        case .reject: .reject
        case .transfer: .transfer
        case .escalate: .escalate
        case .withdraw: .withdraw
        case .rate: .rate
        case .follow: .follow
        case .close: .close
        case .erase: .erase
        case .ask: .ask
        case .contact: .contact
        }
    }
}

extension CommandRequest.Action {
    /// What a timer does when it is due.
    package init(timer kind: DeadlineKind) {
        switch kind {
        case .acknowledge, .arrive, .resolve: self = .escalate(kind)
        case .resume: self = .resume
        case .close: self = .close
        case .forget: preconditionFailure("what is forgotten changes nothing that a report tells")
        }
    }
}

// MARK: - Reading

extension CommandRequest {
    /// Photos that one command may bring.
    package static let mostMedia = 5
    /// How far ahead a hold may end, in days.
    package static let maximumHoldDays = 366

    /// Reads the body of a command; an empty body is an empty object.
    ///
    /// - Parameter byReporter: then what only agencies may say is not read.
    ///
    /// Unreadable text gives nil, everything else that is wrong comes as faults, all at once.
    package static func read(
        _ command: Command, body: [UInt8], byReporter: Bool = false, at now: Timestamp, city: City
    ) -> Result<CommandRequest, Faults>? {
        guard let reading = try? JSONReader.read(body.isEmpty ? Array("{}".utf8) : body) else { return nil }
        var reader = MemberReader(reading)
        if command == .ask { reader.require("text") }
        let note = reader.text(command == .ask ? "text" : "note", .note)
        let internalNote = byReporter ? nil : reader.text("internal_note", .note)
        let actor = byReporter ? nil : reader.text("actor", TextRule(maximum: 200))
        let media = reader.uploads()
        let action = action(command, &reader, at: now, city: city)
        if command == .comment, note == nil, internalNote == nil, media.isEmpty {
            reader.report(.required, at: "note")
        }
        guard reader.faults.isEmpty, let action else { return .failure(Faults(reader.faults)) }
        return .success(
            CommandRequest(action, note: note, internalNote: internalNote, media: media, actor: actor))
    }

    private static func action(
        _ command: Command, _ reader: inout MemberReader, at now: Timestamp, city: City
    ) -> Action? {
        switch command {
        case .acknowledge: return .acknowledge
        case .start: return .start
        case .resume: return .resume
        case .resolve: return .resolve
        case .comment: return .comment
        case .reopen: return .reopen
        case .hold:
            reader.require("reason")
            let until = reader.time("until")
            if let until, until <= now { reader.report(.timeNotInFuture, at: "until") }
            if let until, until > now.adding(seconds: maximumHoldDays * 86_400) {
                reader.report(.timeTooFar, at: "until", "\(maximumHoldDays)")
            }
            return .hold(reason: reader.text("reason", .note) ?? "", until: until)
        case .reject: return reject(&reader)
        case .transfer: return transfer(&reader, city: city)
        case .ask: return .ask
        case .contact:
            reader.require("reason")
            return .contact(reason: reader.text("reason", .contactReason) ?? "")
        case .erase: return .erase
        case .withdraw: return .withdraw
        case .follow: return .follow
        case .rate: return rate(&reader)
        case .escalate, .close:
            preconditionFailure("no one sends what the clock does")
        }
    }

    private static func rate(_ reader: inout MemberReader) -> Action? {
        reader.require("rating")
        let rating = reader.number("rating")
        guard let rating, let whole = Int(exactly: rating), (1...5).contains(whole) else {
            if rating != nil { reader.report(.ratingOutOfRange, at: "rating") }
            return nil
        }
        return .rate(whole)
    }

    private static func reject(_ reader: inout MemberReader) -> Action? {
        reader.require("reason")
        let reason = reader.code("reason").flatMap { RejectReason(rawValue: $0) }
        if reason == nil {
            reader.report(.unknownReason, at: "reason", RejectReason.allCases.map(\.rawValue).joined(separator: ", "))
        }
        if reason == .duplicate { reader.require("of") }
        let written = reader.code("of")
        let of = written.flatMap(ReportReference.init(text:))
        if written != nil, of == nil { reader.report(.malformedReference, at: "of") }
        let referTo = reader.text("refer_to", .note)
        return reason.map { .reject($0, of: $0 == .duplicate ? of : nil, referTo: referTo) }
    }

    private static func transfer(_ reader: inout MemberReader, city: City) -> Action? {
        reader.require("to")
        let to = reader.code("to").map { AgencyCode($0) }
        if let to, city.agency(to) == nil { reader.report(.unknownAgency, at: "to", to.rawValue) }
        let reason = reader.text("reason", .note)
        let (category, subtype) = reader.categoryAndSubtype(city)
        return to.map { .transfer(to: $0, reason: reason, category: category, subtype: subtype) }
    }
}

extension MemberReader {
    /// Reads `category` and `subtype` and checks them against the city.
    ///
    /// A sub-type alone is one of the category that the report has, which is for the status machine to check.
    mutating func categoryAndSubtype(_ city: City) -> (CategoryCode?, SubtypeCode?) {
        let category = code("category").map { CategoryCode($0) }
        let subtype = code("subtype").map { SubtypeCode($0) }
        guard let category else { return (nil, subtype) }
        guard let known = city.category(category) else {
            report(.unknownCategory, at: "category", String(category.rawValue.prefix(100)))
            return (nil, nil)
        }
        if let subtype, known.subtype(subtype) == nil {
            report(.unknownSubtype, at: "subtype", String(subtype.rawValue.prefix(100)))
        }
        return (category, subtype)
    }

    /// The ids that `POST /v1/media` gave, each once.
    mutating func uploads() -> [UUID] {
        var ids: [UUID] = []
        for (index, element) in elements("media").enumerated() {
            let place = "/media/\(index)"
            guard index < CommandRequest.mostMedia else {
                add(Fault(.tooMany, at: "/media", "\(CommandRequest.mostMedia)"))
                break
            }
            guard case .string(let text) = element else {
                add(Fault(.notAString, at: place))
                continue
            }
            guard let id = UUID(text: text), !ids.contains(id) else {
                add(Fault(.unknownMedia, at: place))
                continue
            }
            ids.append(id)
        }
        return ids
    }
}
