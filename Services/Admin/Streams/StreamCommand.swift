internal import ArgumentParser
internal import Domain
internal import Storage
internal import Streams

/// `sasandoctl stream`
struct StreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "The streams of agencies and channels.",
        subcommands: [List.self, Show.self, Replay.self, NewEpoch.self, Trim.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists the streams: epoch, head, what is kept, how far analytics is.")

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let streams = try await storeOptions.withPool {
                try await StreamAdminStore(pool: $0).list(in: jurisdiction)
            }
            if output.json { return try output.print(streams.map(Line.init)) }
            print("stream\tkind\tepoch\thead\tkept from\tanalytics behind")
            for stream in streams {
                let lag = stream.folded.map { String(stream.head - $0) } ?? "-"
                print(
                    "\(stream.stream)\t\(stream.kind)\t\(stream.epoch)\t\(stream.head)\t\(stream.firstKept)\t\(lag)")
            }
        }

        private struct Line: Encodable {
            var stream: String
            var kind: String
            var epoch: Int32
            var head: Int64
            var firstKept: Int64
            var folded: Int64?

            init(_ summary: StreamAdminStore.Summary) {
                stream = summary.stream
                kind = summary.kind
                epoch = summary.epoch
                head = summary.head
                firstKept = summary.firstKept
                folded = summary.folded
            }
        }
    }

    /// Where a reading begins, and in which stream.
    struct Position: ParsableArguments {
        @Argument(help: "The stream, such as dlhk, or channel/ and a channel's name.")
        var stream: String

        @Option(help: "Only events after this cursor, such as 1-42 (default: from the first that is kept).")
        var after: String?

        /// Reads pages from the position on until `limit` events came or no more are there.
        func read(
            limit: Int, city: CityOptions, store: StoreOptions, each: @escaping @Sendable ([StoredEvent]) -> Void
        ) async throws {
            let (jurisdiction, code) = (JurisdictionCode(rawValue: city.jurisdiction), StreamCode(rawValue: stream))
            let cursor = try after.map { text in
                guard let cursor = Cursor(text: text) else {
                    throw ValidationError("'\(text)' is no cursor: it looks like 1-42")
                }
                return cursor
            }
            try await store.withPool { pool in
                let reader = StreamReader(jurisdiction: jurisdiction, stream: code, pool: pool)
                guard let extent = try await reader.extent() else { throw Refusal("no stream \(code)") }
                if let cursor {
                    do { try extent.check(cursor) } catch {
                        throw Refusal(
                            "cursor \(cursor) is refused (\(error)): earliest \(extent.earliest), latest \(extent.latest)"
                        )
                    }
                }
                var position = cursor?.seq ?? extent.firstKept - 1
                var left = limit
                while left > 0, let page = try await reader.page(after: position, limit: left), !page.events.isEmpty {
                    each(page.events)
                    left -= page.events.count
                    position = page.events.last!.cursor.seq
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Shows events of a stream, one a line.")

        @OptionGroup var position: Position

        @Option(help: "How many at most.")
        var limit = 20

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let isJSON = output.json
            try await position.read(limit: limit, city: city, store: storeOptions) { events in
                for event in events { print(isJSON ? event.body : "\(event.cursor)\t\(event.type)\t\(event.body)") }
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay",
            abstract: "Writes every kept event after a cursor, one a line, byte for byte as consumers got it.")

        @OptionGroup var position: Position
        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions

        func run() async throws {
            try await position.read(limit: .max, city: city, store: storeOptions) { events in
                for event in events { print(event.body) }
            }
        }
    }

    struct NewEpoch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new-epoch",
            abstract: "After a restore that lost events: refuses the cursors of what was lost. Stop the services first."
        )

        @Option(help: "Why, for the record.")
        var reason: String

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let why = reason
            try await storeOptions.withPool {
                try await StreamAdminStore(pool: $0).openEpoch(in: jurisdiction, reason: why)
            }
            print("a new epoch is open in every stream of \(jurisdiction)")
        }
    }

    struct Trim: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trim", abstract: "Lets go of a stream's events before a number.")

        @Argument(help: "The stream, such as dlhk, or channel/ and a channel's name.")
        var stream: String

        @Option(help: "The first number to keep.")
        var keepFrom: Int64

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions

        func run() async throws {
            let (jurisdiction, code) = (JurisdictionCode(rawValue: city.jurisdiction), StreamCode(rawValue: stream))
            let first = keepFrom
            let n = try await storeOptions.withPool {
                try await StreamAdminStore(pool: $0).trim(code, in: jurisdiction, keepFrom: first)
            }
            print("deleted \(n) events of \(code)")
        }
    }
}
