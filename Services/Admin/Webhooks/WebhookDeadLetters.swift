internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Runtime
internal import Storage

extension WebhookCommand {
    /// `sasandoctl webhook dead`
    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dead", abstract: "Lists the events that were set aside for an endpoint.")

        @OptionGroup var endpoint: EndpointOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try endpoint.id()
            let letters = try await endpoint.with { store in
                try await store.dead(id, after: 0, limit: WebhookStore.deadLimit)
            }
            if output.json { return try output.print(letters.map(Line.init)) }
            print("cursor\ttype\tattempts\tlast answer\tset aside")
            for letter in letters {
                let last = letter.lastStatus.map { "\($0)" } ?? letter.lastFailure ?? "-"
                let at = letter.deadAt.rfc3339(offsetSeconds: 0)
                print("\(letter.cursor)\t\(letter.type)\t\(letter.attempts)\t\(last)\t\(at)")
            }
        }

        private struct Line: Encodable {
            var cursor: String
            var id: String
            var type: String
            var attempts: Int
            var lastStatus: Int?
            var lastFailure: String?
            var deadAt: String
            var replayAt: String?

            init(_ letter: DeadLetter) {
                cursor = letter.cursor.text
                id = letter.eventID.text
                type = letter.type
                attempts = letter.attempts
                lastStatus = letter.lastStatus
                lastFailure = letter.lastFailure
                deadAt = letter.deadAt.rfc3339(offsetSeconds: 0)
                replayAt = letter.replayAt?.rfc3339(offsetSeconds: 0)
            }
        }
    }

    /// `sasandoctl webhook replay`
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay", abstract: "Has events that were set aside sent once more, the oldest first.")

        @Option(help: "Only this one, by its cursor; repeat for several (default: all).")
        var cursor: [String] = []

        @OptionGroup var endpoint: EndpointOptions

        func run() async throws {
            let id = try endpoint.id()
            let seqs = try cursor.map { text in
                guard let cursor = Cursor(text: text) else {
                    throw ValidationError("'\(text)' is no cursor: it looks like 1-42")
                }
                return cursor.seq
            }
            let count = try await endpoint.with { store in
                guard try await store.one(id)?.state == .active else {
                    throw Refusal("\(id.text) is disabled: sasandoctl webhook enable \(id.text) first")
                }
                return try await store.replay(id, seqs.isEmpty ? nil : seqs)
            }
            print("\(count) are sent once more")
        }
    }
}

/// The endpoint that a subcommand works on.
struct EndpointOptions: ParsableArguments {
    @Argument(help: "The endpoint's id, as webhook list shows it.")
    var webhook: String

    @OptionGroup var city: CityOptions
    @OptionGroup var storeOptions: StoreOptions

    func id() throws -> UUID {
        guard let id = UUID(text: webhook) else { throw ValidationError("'\(webhook)' is no id: see webhook list") }
        return id
    }

    /// Runs `body` with the store of the agency whose endpoint it is.
    func with<Result: Sendable>(
        _ body: @escaping @Sendable (WebhookStore) async throws -> Result
    ) async throws -> Result {
        let (id, jurisdiction) = (try id(), JurisdictionCode(rawValue: city.jurisdiction))
        return try await storeOptions.withPool { pool in
            guard let stream = try await WebhookStore.stream(of: id, in: jurisdiction, pool: pool) else {
                throw Refusal("no endpoint \(id.text): see sasandoctl webhook list")
            }
            return try await body(WebhookStore(jurisdiction: jurisdiction, stream: stream, pool: pool))
        }
    }
}

/// The notifiers' key file.
struct WebhookKeyOptions: ParsableArguments {
    @Option(help: "The notifiers' key file (default: $SASANDO_WEBHOOK_KEY_FILE).")
    var keyFile: String?

    func seal() throws -> WebhookSeal {
        guard let path = keyFile ?? ProcessInfo.processInfo.environment["SASANDO_WEBHOOK_KEY_FILE"], !path.isEmpty
        else { throw ValidationError("no key file: give --key-file or set SASANDO_WEBHOOK_KEY_FILE") }
        return WebhookSeal(IdentityKeyring(try IdentityKeyFile(path: path).read(), path: path))
    }
}

extension WebhookSecret {
    func show(of id: UUID, _ output: OutputOptions) throws {
        if output.json { return try output.print(["id": id.text, "secret": text]) }
        print("webhook \(id.text)\nsecret \(text)\nIt is shown this once; the store keeps it sealed.")
    }
}

/// An endpoint as `webhook list` prints it.
struct WebhookLine: Encodable {
    var id: String
    var agency: String?
    var channel: String?
    var url: String
    var policy: String
    /// Absent: all.
    var types: [String]?
    var state: String
    var reason: String?
    var cursor: String
    var behind: Int64
    var attempts: Int
    var nextAttemptAt: String?
    var lastStatus: Int?
    var lastFailure: String?
    var dead: Int64
    var createdAt: String

    init(_ record: WebhookRecord) {
        id = record.id.text
        channel = record.stream.channel?.rawValue
        agency = channel == nil ? record.stream.rawValue : nil
        url = record.url
        policy = record.policy.rawValue
        types = record.types?.map(\.rawValue)
        state = record.state.rawValue
        reason = record.reason
        cursor = record.cursor.text
        behind = max(0, record.head - record.cursor.seq)
        attempts = record.attempts
        nextAttemptAt = record.nextAttemptAt?.rfc3339(offsetSeconds: 0)
        lastStatus = record.lastStatus
        lastFailure = record.lastFailure
        dead = record.dead
        createdAt = record.createdAt.rfc3339(offsetSeconds: 0)
    }
}

extension WebhookPolicy: ExpressibleByArgument {}
extension EventType: ExpressibleByArgument {}
