internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Runtime
internal import Storage

extension PrivacyCommand {
    /// `sasandoctl privacy rotate`
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Makes a new key, and seals all identities anew with it.",
            discussion: """
                The key file gets one more line; intakes that run take it up within seconds, and none has to be \
                restarted. Identities are sealed anew in portions, while reports come in; interrupted, it goes on with \
                --no-new-key. Keep a copy of the key file: without it nobody can read again who reported.
                """)

        @Flag(help: "Make no key: seal what is left with the newest there is.")
        var noNewKey = false

        @OptionGroup var keys: KeyFileOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let file = try keys.file()
            if !noNewKey { _ = try file.addKey() }
            let ring = try file.read()
            let (seal, newest) = (IdentitySeal(ring), ring.newest.id)
            let sealed = try await storeOptions.withPool { pool in
                var sealed = 0
                for city in try await CityStore(pool: pool).versions().keys {
                    sealed += try await Self.reseal(city, seal, newest, PrivacyStore(pool: pool))
                }
                return sealed
            }
            if output.json { return try output.print(Report(key: Int(newest), sealed: sealed)) }
            print("\(sealed) identities are sealed anew with key \(newest)")
        }

        private static func reseal(
            _ city: JurisdictionCode, _ seal: IdentitySeal, _ newest: Int32, _ store: PrivacyStore
        ) async throws -> Int {
            var (sealed, last): (Int, UUID?) = (0, nil)
            while let portion = try await store.reseal(
                to: newest, after: last, in: city, by: { try seal.seal(try seal.open($1, of: $0), of: $0) })
            {
                sealed += portion.count
                last = portion.last
            }
            // Intake may still seal with the key before this one for a few seconds; what it leaves goes with the chat.
            for _ in 0..<100_000 {
                let count = try await store.resealChats(to: newest, in: city) {
                    try seal.seal(try seal.open($0, of: $1), of: $1)
                }
                if count == 0 { break }
                sealed += count
            }
            let act = PrivacyAct(.rotate, actor: ReasonOptions.login, purpose: "key \(newest)")
            try await store.record(act, reports: sealed, in: city)
            return sealed
        }

        private struct Report: Encodable {
            var key: Int
            var sealed: Int
        }
    }

    /// `sasandoctl privacy keys`
    struct Keys: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keys", abstract: "Lists the keys, and how many identities each has sealed.")

        @OptionGroup var keys: KeyFileOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let ring = try keys.file().read()
            let counts = try await storeOptions.withPool { try await Self.counts($0) }
            let lines = Set(ring.ids).union(counts.keys).sorted().map { id in
                Line(
                    key: Int(id), inFile: ring.ids.contains(id), seals: id == ring.newest.id,
                    identities: counts[id] ?? 0)
            }
            if output.json { return try output.print(lines) }
            for line in lines {
                let state = line.seals ? "seals" : line.inFile ? "opens" : "MISSING from the file"
                print("\(line.key)\t\(line.identities) identities\t\(state)")
            }
        }

        static func counts(_ pool: PostgresPool) async throws -> [Int32: Int] {
            var counts: [Int32: Int] = [:]
            for city in try await CityStore(pool: pool).versions().keys {
                counts.merge(try await PrivacyStore(pool: pool).keyCounts(in: city), uniquingKeysWith: +)
            }
            return counts
        }

        private struct Line: Encodable {
            var key: Int
            var inFile: Bool
            var seals: Bool
            var identities: Int
        }
    }

    /// `sasandoctl privacy retire`
    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retire", abstract: "Removes a key from the file that seals nothing any more.")

        @Argument(help: "The key's number, as privacy keys shows it.")
        var key: Int32

        @OptionGroup var keys: KeyFileOptions
        @OptionGroup var storeOptions: StoreOptions

        func run() async throws {
            let (file, key) = (try keys.file(), self.key)
            let counts = try await storeOptions.withPool { try await Keys.counts($0) }
            if let count = counts[key], count > 0 {
                throw Refusal("\(count) identities are sealed with key \(key): run sasandoctl privacy rotate first")
            }
            try file.removeKey(key)
            print("key \(key) is gone")
        }
    }
}
