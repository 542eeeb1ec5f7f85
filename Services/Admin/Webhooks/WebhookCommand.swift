internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import Outbound
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams

/// `sasandoctl webhook`
struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "The addresses that agencies and channels have their streams pushed to.",
        discussion: "Who pushes to an endpoint takes up a change within five seconds.",
        subcommands: [
            List.self, Add.self, Rotate.self, Enable.self, Remove.self, Dead.self, Replay.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists the endpoints: what they are sent, and how far they are.")

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let records = try await storeOptions.withPool { try await WebhookStore.list(in: jurisdiction, pool: $0) }
            if output.json { return try output.print(records.map(WebhookLine.init)) }
            print("id\tstream\tstate\tcursor\tbehind\tdead\tpolicy\turl")
            for record in records {
                let line = WebhookLine(record)
                let state = line.reason.map { "\(line.state) (\($0))" } ?? line.state
                print(
                    """
                    \(line.id)\t\(record.stream)\t\(state)\t\(line.cursor)\t\(line.behind)\t\(line.dead)\t\
                    \(line.policy)\t\(line.url)
                    """)
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Adds an endpoint, and shows its secret, this once.",
            discussion: """
                An address is https, or http in a network that SASANDO_OUTBOUND_ALLOW names; the same has to be set for \
                the notifiers.
                """)

        @Option(help: "The agency whose stream is pushed.")
        var agency: String?

        @Option(help: "Or the channel whose stream is pushed.")
        var channel: String?

        @Option(help: "Where to.")
        var url: String

        @Option(help: "What becomes of an event that is never taken: block or dead_letter.")
        var policy = WebhookPolicy.block

        @Option(help: "Only events of this type, such as assigned; repeat for several (default: all).")
        var type: [EventType] = []

        @Option(help: "From where on: latest, earliest, or a cursor such as 1-42.")
        var after = "latest"

        @OptionGroup var keys: WebhookKeyOptions
        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard let start = WebhookStart(text: after) else {
                throw ValidationError("--after takes latest, earliest or a cursor such as 1-42")
            }
            let address = try Self.address(url)
            let (seal, policy) = (try keys.seal(), self.policy)
            let types = type.isEmpty ? nil : type
            let (jurisdiction, stream) = (JurisdictionCode(rawValue: city.jurisdiction), try self.stream())
            var generator = SystemRandomNumberGenerator()
            let id = UUID.version7(at: .now, random: (generator.next(), generator.next()))
            let secret = WebhookSeal.makeSecret()
            try await storeOptions.withPool { pool in
                if let channel = stream.channel {
                    try await Self.open(
                        channel, from: start, ChannelStreamStore(jurisdiction: jurisdiction, pool: pool))
                }
                let reader = StreamReader(jurisdiction: jurisdiction, stream: stream, pool: pool)
                guard let extent = try await reader.extent() else {
                    throw Refusal(
                        stream.channel.map { "\(jurisdiction) has no open key for the channel \($0)" }
                            ?? "\(jurisdiction) has no agency \(stream)")
                }
                let made = try await WebhookStore(jurisdiction: jurisdiction, stream: stream, pool: pool).create(
                    id, address, policy: policy, types: types, after: try Self.position(start, in: extent),
                    secret: try seal.seal(secret, of: id), key: nil)
                guard case .made = made else {
                    throw Refusal("\(stream) has \(WebhookStore.limit) endpoints, and no further one can be")
                }
            }
            try secret.show(of: id, output)
        }

        private func stream() throws -> StreamCode {
            switch (agency, channel) {
            case (let agency?, nil): return .agency(AgencyCode(rawValue: agency))
            case (nil, let channel?): return .channel(ChannelCode(rawValue: channel))
            default: throw ValidationError("whose stream is pushed? Give --agency or --channel")
            }
        }

        /// Makes the channel's stream for the first who asks. What is new in it shows once it has what was before.
        private static func open(
            _ channel: ChannelCode, from start: WebhookStart, _ store: ChannelStreamStore
        ) async throws {
            guard try await store.open(channel), start == .latest else { return }
            let past = try await store.batch(for: channel)
            for _ in 0..<50 {
                if try await store.batch(for: channel).hasCopied(past) { return }
                try await Task.sleep(for: .milliseconds(200))
            }
            throw Refusal(
                "the past of \(channel)'s stream is still being copied: try again in a moment, with the channels' "
                    + "notifier running, or with --after earliest")
        }

        private static func address(_ text: String) throws -> WebAddress {
            var keys = ConfigurationKeys()
            let policy = OutboundSettings(&keys).policy.addresses
            try keys.check()
            guard let address = WebhookAddress.read(text), address.isPermitted(by: policy) else {
                throw Refusal(
                    "--url takes an https address on the internet, or one in a network of SASANDO_OUTBOUND_ALLOW")
            }
            return address
        }

        private static func position(_ start: WebhookStart, in extent: StreamExtent) throws -> Int64 {
            switch start {
            case .latest: return extent.latest.seq
            case .earliest: return extent.earliest.seq
            case .after(let cursor):
                do { try extent.check(cursor) } catch {
                    throw Refusal("this stream cannot be gone on with from \(cursor): \(error)")
                }
                return cursor.seq
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Makes a new secret, and shows it, this once; the old one signs too for 24 hours.")

        @OptionGroup var endpoint: EndpointOptions
        @OptionGroup var keys: WebhookKeyOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (seal, secret) = (try keys.seal(), WebhookSeal.makeSecret())
            let id = try endpoint.id()
            try await endpoint.with { store in
                _ = try await store.rotate(id, to: try seal.seal(secret, of: id), key: nil)
            }
            try secret.show(of: id, output)
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enable", abstract: "Has an endpoint sent events again, from where it was; at once.")

        @OptionGroup var endpoint: EndpointOptions

        func run() async throws {
            let id = try endpoint.id()
            try await endpoint.with { store in _ = try await store.change(id, WebhookWish(state: .active)) }
            print("\(id.text) is active")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Removes an endpoint, with what was set aside for it.")

        @OptionGroup var endpoint: EndpointOptions

        func run() async throws {
            let id = try endpoint.id()
            try await endpoint.with { store in _ = try await store.remove(id) }
            print("\(id.text) is removed")
        }
    }
}
