internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import Storage

/// `sasandoctl report`
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Reports.", subcommands: [Show.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Shows where a report stands, and all its events.")

        @Argument(help: "The report's id or tracking code.")
        var report: String

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let name = report
            let (shown, events) = try await storeOptions.withPool { pool in
                let store = ReportStore(pool: pool)
                let found =
                    if let id = UUID(text: name) {
                        try await store.report(id: id, in: jurisdiction)
                    } else if let code = TrackingCode(parsing: name) {
                        try await store.report(trackingCode: code.text, in: jurisdiction)
                    } else {
                        throw ValidationError("'\(name)' is neither an id nor a tracking code")
                    }
                guard let found else { throw Refusal("no report \(name) in \(jurisdiction)") }
                return (found, try await StreamAdminStore(pool: pool).events(of: found.report.id, in: jurisdiction))
            }
            let view = View(shown, events: events)
            if output.json { return try output.print(view) }
            print("\(view.trackingCode)  \(view.id)\n\(view.status ?? "received") with \(view.agency ?? "nobody yet")")
            if let trace = view.traceId { print("trace \(trace)") }
            for event in view.events { print("\(event.stream)\t\(event.cursor)\t\(event.body)") }
        }
    }

    private struct View: Encodable {
        struct Event: Encodable {
            var stream: String
            var cursor: String
            var version: Int32
            var body: String
        }

        var id: String
        var trackingCode: String
        var category: String?
        var status: String?
        var agency: String?
        var version: Int?
        var receivedAt: String
        /// What the log lines about it have in common.
        var traceId: String?
        var events: [Event]

        init(
            _ tracked: TrackedReport, events: [(stream: String, cursor: Cursor, version: Int32, body: String)]
        ) {
            id = tracked.report.id.text
            trackingCode = tracked.report.trackingCode
            category = tracked.state?.category?.rawValue ?? tracked.report.category?.rawValue
            status = tracked.state?.status.rawValue
            agency = tracked.state?.agency.rawValue
            version = tracked.state?.version
            receivedAt = tracked.report.receivedAt.rfc3339(offsetSeconds: 0)
            traceId = tracked.report.trace?.traceID
            self.events = events.map {
                Event(stream: $0.stream, cursor: $0.cursor.text, version: $0.version, body: $0.body)
            }
        }
    }
}
