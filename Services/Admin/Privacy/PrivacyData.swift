internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

extension PrivacyCommand {
    /// `sasandoctl privacy export`
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Prints all that is stored of a person or a report, as JSON.")

        @OptionGroup var subject: SubjectOptions
        @OptionGroup var reason: ReasonOptions
        @OptionGroup var keys: KeyFileOptions
        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let seal = try self.keys.seal()
            let (subject, reason, keys) = (self.subject, self.reason, self.keys)
            let documents = try await storeOptions.withPool { pool in
                let store = PrivacyStore(pool: pool)
                let reports = try await subject.reports(in: jurisdiction, keys, reason, pool)
                var documents: [JSONValue] = []
                for report in reports {
                    // Opened first, so that the export shows this reading too.
                    let sealed = try await store.identity(of: report, for: reason.reader, in: jurisdiction)
                    let person = try sealed.map { try seal.open($0, of: report) }
                    guard let text = try await store.document(of: report, in: jurisdiction),
                        case .object(var document)? = (try? JSONReader.read(Array(text.utf8)))?.value
                    else { continue }
                    document["identity"] = person.map(Self.json) ?? .null
                    documents.append(.object(document))
                }
                try await store.record(
                    PrivacyAct(.export, actor: reason.actor, purpose: reason.reason), reports: documents.count,
                    in: jurisdiction)
                return documents
            }
            var writer = JSONWriter()
            writer.value(.object(["jurisdiction": .string(city.jurisdiction), "reports": .array(documents)]))
            print(writer.string)
        }

        private static func json(_ person: Person) -> JSONValue {
            var members: [String: JSONValue] = [:]
            members["name"] = person.name.map(JSONValue.string)
            members["phone"] = person.phone.map(JSONValue.string)
            members["email"] = person.email.map(JSONValue.string)
            return .object(members)
        }
    }

    /// `sasandoctl privacy erase`
    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "erase", abstract: "Erases what a person wrote, and who that is; the reports themselves stay.",
            discussion: """
                Texts and identity go, stored events are redacted and keep their place, and every stream that ever had \
                a report gets a "redacted" event. Nothing brings them back. --dry-run says which reports it would be.
                """)

        @OptionGroup var subject: SubjectOptions
        @OptionGroup var reason: ReasonOptions
        @OptionGroup var keys: KeyFileOptions
        @Flag(help: "Erase nothing; print which reports it would be.")
        var dryRun = false
        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let (subject, reason, keys, dryRun) = (self.subject, self.reason, self.keys, self.dryRun)
            let reports = try await storeOptions.withPool { pool in
                guard let loaded = try await CityStore(pool: pool).city(jurisdiction) else {
                    throw Refusal("no city \(jurisdiction) is loaded: sasandoctl jurisdiction load DIR")
                }
                let reports = try await subject.reports(in: jurisdiction, keys, reason, pool)
                if dryRun { return reports }
                let act = PrivacyAct(.erase, actor: reason.actor, purpose: reason.reason)
                for report in reports {
                    let result = try await ErasureStore(pool: pool).erase(
                        report, key: nil, recording: act, by: .routing, of: loaded, answering: { _ in "" })
                    switch result {
                    case .done, .repeated: break
                    case .refused(let refusal): throw Refusal("\(report.text): \(refusal.message(.english))")
                    case .keyReused, .unknownReport: throw Refusal("no report \(report.text) in \(jurisdiction)")
                    }
                }
                return reports
            }
            if output.json { return try output.print(Report(erased: !dryRun, reports: reports.map(\.text))) }
            for report in reports { print("\(dryRun ? "would erase" : "erased") \(report.text)") }
        }

        private struct Report: Encodable {
            var erased: Bool
            var reports: [String]
        }
    }
}
