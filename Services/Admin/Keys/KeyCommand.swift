internal import ArgumentParser
internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import Storage

/// `sasandoctl key`
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Keys of integrators, agencies and operators.",
        subcommands: [Create.self, List.self, Revoke.self])

    enum Kind: String, ExpressibleByArgument { case integrator, agency, `operator` }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Makes a key and shows its token, this once; or makes the key of a token that is there.",
            discussion: """
                With --token-file nothing is shown, and running it again changes nothing: so a deployment says what \
                keys there are to be. A key that was revoked stays so.
                """)

        @Option(help: "integrator, agency or operator.")
        var kind: Kind

        @Option(help: "The agency that the key speaks for (kind agency).")
        var agency: String?

        @Option(help: "The channel that its reports come by (kind integrator).")
        var channel: String?

        @Option(help: "Requests a minute (default: no limit).")
        var rate: Int?

        @Option(help: "A file with the token: sas_ and 43 characters of base64url.")
        var tokenFile: String?

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if (kind == .agency) != (agency != nil) {
                throw ValidationError("--agency goes with --kind agency, and only with it")
            }
            if (kind == .integrator) != (channel != nil) {
                throw ValidationError("--channel goes with --kind integrator, and only with it")
            }
            if let rate, !(1...1_000_000).contains(rate) {
                throw ValidationError("--rate takes requests a minute, from 1 to 1,000,000")
            }
            if let channel, !ChannelCode(rawValue: channel).isWellFormed || channel == ChannelCode.web.rawValue {
                throw ValidationError("--channel takes a-z, 0-9 and _, up to 40, and web is the city's own")
            }
        }

        func run() async throws {
            let token = try tokenFile.map(Token.read(file:)) ?? Token.make()
            let id = "\(agency ?? channel ?? "operator")-\(Token.suffix())"
            let holder = KeyHolder(
                keyID: id, kind: KeyHolder.Kind(rawValue: kind.rawValue)!,
                agency: agency.map(AgencyCode.init(rawValue:)), channel: channel.map(ChannelCode.init(rawValue:)),
                ratePerMinute: rate)
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let entry = try await storeOptions.withPool { pool in
                guard let loaded = try await CityStore(pool: pool).city(jurisdiction) else {
                    throw Refusal("no city \(jurisdiction) is loaded: sasandoctl jurisdiction load DIR")
                }
                if let agency = holder.agency, !loaded.city.agencies.contains(where: { $0.code == agency }) {
                    throw Refusal("\(jurisdiction) has no agency \(agency)")
                }
                return try await KeyStore(pool: pool).ensure(
                    holder, tokenHash: token.hash, expiresAt: nil, in: jurisdiction)
            }
            try show(entry, isNew: entry.id == id, token: token.text)
        }

        private func show(_ entry: KeyStore.Entry, isNew: Bool, token: String) throws {
            guard entry.kind == kind.rawValue, entry.agency == agency, entry.channel == channel else {
                throw Refusal("key \(entry.id) has this token, and is another kind of key: make a new token")
            }
            if tokenFile != nil {
                let state = entry.revokedAt == nil ? "is there" : "was revoked, and stays so"
                if output.json { return try output.print(["id": entry.id]) }
                print("key \(entry.id) \(isNew ? "is made" : state)")
            } else if output.json {
                try output.print(["id": entry.id, "token": token])
            } else {
                print("key \(entry.id)\ntoken \(token)\nIt is shown this once; only its hash is kept.")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the keys.")

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let entries = try await storeOptions.withPool { try await KeyStore(pool: $0).list(in: jurisdiction) }
            if output.json { return try output.print(entries.map(Line.init)) }
            for entry in entries {
                let state = entry.revokedAt == nil ? "open" : "revoked"
                print("\(entry.id)\t\(entry.kind)\t\(entry.agency ?? entry.channel ?? "-")\t\(state)")
            }
        }

        private struct Line: Encodable {
            var id: String
            var kind: String
            var agency: String?
            var channel: String?
            var ratePerMinute: Int32?
            var createdAt: String
            var expiresAt: String?
            var revokedAt: String?

            init(_ entry: KeyStore.Entry) {
                id = entry.id
                kind = entry.kind
                agency = entry.agency
                channel = entry.channel
                ratePerMinute = entry.ratePerMinute
                createdAt = entry.createdAt.rfc3339(offsetSeconds: 0)
                expiresAt = entry.expiresAt?.rfc3339(offsetSeconds: 0)
                revokedAt = entry.revokedAt?.rfc3339(offsetSeconds: 0)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Ends a key and every session opened with it.")

        @Argument(help: "The key's id, as key list shows it.")
        var id: String

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let isDone = try await storeOptions.withPool { try await KeyStore(pool: $0).revoke(id, in: jurisdiction) }
            guard isDone else { throw Refusal("no open key \(id): see sasandoctl key list") }
            print("revoked \(id)")
        }
    }
}

/// A bearer token: 256 random bits, of which only the SHA-256 is stored.
struct Token {
    private static let prefix = "sas_"

    var text: String
    var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    static func make() -> Token { Token(text: prefix + base64url(SymmetricKey(size: .bits256))) }

    /// The token that was made elsewhere; one of another form is refused, for it may be easy to guess.
    static func read(file: String) throws -> Token {
        let text = try Secret.text(inFile: file)
        let digits = text.dropFirst(prefix.count)
        guard text.hasPrefix(prefix), digits.utf8.count == 43,
            digits.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        else { throw Refusal("\(file) holds no token: sas_ and 43 characters of base64url, as ops/secrets makes it") }
        return Token(text: text)
    }

    /// Six random characters that tell two keys of one holder apart.
    static func suffix() -> String {
        let letters = Array("0123456789abcdefghjkmnpqrstvwxyz")
        return String((0..<6).map { _ in letters.randomElement()! })
    }

    private static func base64url(_ key: SymmetricKey) -> String {
        let encoded = key.withUnsafeBytes { Data($0) }.base64EncodedString()
        return String(encoded.compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
    }
}
