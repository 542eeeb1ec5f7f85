internal import ArgumentParser
internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage
internal import ZeroMQ

/// `sasandoctl key`
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Keys of integrators, agencies and operators.",
        subcommands: [Create.self, List.self, Revoke.self])

    enum Kind: String, ExpressibleByArgument { case integrator, agency, `operator`, zeromq }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Makes a key and shows its token, this once; or makes the key of a token that is there.",
            discussion: """
                With --token-file nothing is shown, and running it again changes nothing: so a deployment says what \
                keys there are to be. A key that was revoked stays so.

                Of kind zeromq is who sends a channel's reports over ZeroMQ, or follows an agency's stream so. It has a \
                CURVE pair instead of a token: with --public-key its holder keeps the secret key, else a pair is made, \
                and the secret key shown this once.
                """)

        @Option(help: "integrator, agency, operator or zeromq.")
        var kind: Kind

        @Option(help: "The agency that the key speaks for (kinds agency and zeromq).")
        var agency: String?

        @Option(help: "The channel that its reports come by (kinds integrator and zeromq).")
        var channel: String?

        @Option(help: "Requests a minute (default: no limit).")
        var rate: Int?

        @Option(help: "Days that it is good for (default: until it is revoked).")
        var days: Int?

        @Option(
            help: """
                What it opens: \(KeyScope.allCases.map(\.rawValue).joined(separator: ", ")); repeat for several \
                (kind integrator; default: all).
                """)
        var scope: [KeyScope] = []

        @Option(
            help: """
                On what ground its holder sends personal data (UU PDP, article 20): \
                \(LegalBasis.allCases.map(\.rawValue).joined(separator: ", ")). With any but consent a report needs \
                to bring none, and the holder answers for it.
                """)
        var legalBasis = LegalBasis.consent

        @Flag(help: "To try the doors with: what comes by it reaches nobody, and goes after 30 days (kind integrator).")
        var test = false

        @Option(help: "A file with the token: sas_ and 43 characters of base64url.")
        var tokenFile: String?

        @Option(help: "The holder's CURVE public key, in Z85 (kind zeromq).")
        var publicKey: String?

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            try validateHolder()
            if kind == .zeromq, tokenFile != nil { throw ValidationError("a key of kind zeromq has no token") }
            if kind != .zeromq, publicKey != nil { throw ValidationError("--public-key goes with --kind zeromq") }
            if let rate, !(1...1_000_000).contains(rate) {
                throw ValidationError("--rate takes requests a minute, from 1 to 1,000,000")
            }
            if let days, !(1...3_650).contains(days) { throw ValidationError("--days takes 1 to 3650") }
            if kind != .integrator, !scope.isEmpty || legalBasis != .consent || test {
                throw ValidationError("--scope, --legal-basis and --test go with --kind integrator")
            }
            if let channel = channel.map(ChannelCode.init(rawValue:)),
                !channel.isWellFormed || ChannelCode.reserved.contains(channel)
            {
                throw ValidationError("--channel takes a-z, 0-9 and _, up to 40; web and loket are the city's own")
            }
        }

        private func validateHolder() throws {
            if kind == .zeromq {
                guard (agency == nil) != (channel == nil) else {
                    throw ValidationError("--kind zeromq goes with either --channel or --agency")
                }
                return
            }
            if (kind == .agency) != (agency != nil) {
                throw ValidationError("--agency goes with --kind agency or zeromq, and only with them")
            }
            if (kind == .integrator) != (channel != nil) {
                throw ValidationError("--channel goes with --kind integrator or zeromq, and only with them")
            }
        }

        func run() async throws {
            let token = try tokenFile.map(Token.read(file:)) ?? Token.make()
            let curve = kind == .zeromq ? try CurveKeys(publicKey: publicKey) : nil
            let id = "\(agency ?? channel ?? "operator")-\(Token.suffix())"
            let holder = KeyHolder(
                keyID: id, kind: KeyHolder.Kind(rawValue: kind.rawValue)!,
                agency: agency.map(AgencyCode.init(rawValue:)), channel: channel.map(ChannelCode.init(rawValue:)),
                ratePerMinute: rate, scopes: scope.isEmpty ? nil : Set(scope), legalBasis: legalBasis,
                isTest: test)
            let end = days.map { Timestamp.now.adding(seconds: $0 * 86_400) }
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let entry = try await storeOptions.withPool { pool in
                guard let loaded = try await CityStore(pool: pool).city(jurisdiction) else {
                    throw Refusal("no city \(jurisdiction) is loaded: sasandoctl jurisdiction load DIR")
                }
                if let agency = holder.agency, !loaded.city.agencies.contains(where: { $0.code == agency }) {
                    throw Refusal("\(jurisdiction) has no agency \(agency)")
                }
                if let curve {
                    return try await KeyStore(pool: pool).ensure(
                        holder, publicKey: curve.publicKey.bytes, expiresAt: end, in: jurisdiction)
                }
                return try await KeyStore(pool: pool).ensure(
                    holder, tokenHash: token.hash, expiresAt: end, in: jurisdiction)
            }
            if let curve { return try curve.show(entry, isNew: entry.id == id, of: holder, output) }
            try show(entry, isNew: entry.id == id, token: token.text)
        }

        private func show(_ entry: KeyStore.Entry, isNew: Bool, token: String) throws {
            guard entry.kind == kind.rawValue, entry.agency == agency, entry.channel == channel,
                Set(entry.scopes ?? []) == Set(scope.map(\.rawValue)), entry.legalBasis == legalBasis.rawValue,
                entry.isTest == test
            else { throw Refusal("key \(entry.id) has this token, and is another kind of key: make a new token") }
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
                let holder = entry.agency ?? entry.channel ?? "-"
                let scopes = entry.scopes?.joined(separator: ",") ?? "all"
                let kind = entry.isTest ? "test" : entry.kind
                let key = entry.publicKey.flatMap(CurvePublicKey.init(bytes:)).map { "\t\($0.z85)" } ?? ""
                print("\(entry.id)\t\(kind)\t\(holder)\t\(state(of: entry))\t\(scopes)\t\(entry.legalBasis)\(key)")
            }
        }

        private func state(of entry: KeyStore.Entry) -> String {
            if entry.revokedAt != nil { return "revoked" }
            return entry.expiresAt.map { $0 <= .now } == true ? "expired" : "open"
        }

        private struct Line: Encodable {
            var id: String
            var kind: String
            var agency: String?
            var channel: String?
            var publicKey: String?
            var ratePerMinute: Int32?
            /// Absent: everything.
            var scopes: [String]?
            var legalBasis: String
            var isTest: Bool
            var createdAt: String
            var expiresAt: String?
            var revokedAt: String?

            init(_ entry: KeyStore.Entry) {
                id = entry.id
                kind = entry.kind
                agency = entry.agency
                channel = entry.channel
                publicKey = entry.publicKey.flatMap(CurvePublicKey.init(bytes:))?.z85
                ratePerMinute = entry.ratePerMinute
                scopes = entry.scopes
                legalBasis = entry.legalBasis
                isTest = entry.isTest
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

extension KeyScope: ExpressibleByArgument {}
extension LegalBasis: ExpressibleByArgument {}

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
