internal import ArgumentParser
internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// `sasandoctl simulate`
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Fills a test store with a city's year, or takes it out again.",
        discussion: """
            For stores that you try things with: simulated reports come by the channel “simulasi”, stand on every \
            agency's desk and count in the figures like real ones.
            """, subcommands: [Fill.self, Remove.self], defaultSubcommand: Fill.self)
}

extension SimulateCommand {
    struct Fill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fill", abstract: "Fills reports in, with all that became of them.",
            discussion: """
                The same seed gives the same year. A run that was interrupted goes on where it stopped when it is \
                started again; one that is finished is not repeated. Running services need not be stopped: routing \
                finds nothing to do, and analytics counts what comes.
                """)

        @Option(help: "How many reports come in, 1 to 10,000,000.")
        var reports: Int

        @Option(help: "The calendar year in city time, or what of it is over (default: the last 365 days).")
        var year: Int?

        @Option(help: "Another seed gives another year.")
        var seed: UInt64 = 1

        @Flag(help: "Fill them in although the city has real reports.")
        var amongRealReports = false

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...10_000_000).contains(reports) else {
                throw ValidationError("--reports is a number from 1 to 10,000,000")
            }
            if let year, !(2000...2100).contains(year) {
                throw ValidationError("--year is a year from 2000 to 2100")
            }
        }

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let filled = try await storeOptions.withPool { pool in
                guard let loaded = try await CityStore(pool: pool).city(jurisdiction) else {
                    throw Refusal("no city \(jurisdiction) is loaded")
                }
                let store = SimulationStore(pool: pool)
                if !amongRealReports, try await store.hasRealReports(in: jurisdiction) {
                    throw Refusal(
                        "refused: \(jurisdiction) has real reports, and simulated ones would stand among them; "
                            + "--among-real-reports fills them in all the same")
                }
                return try await fill(loaded, with: store)
            }
            if output.json { return try output.print(filled) }
            if filled.reports == 0 {
                print("nothing to do: these \(reports) reports of \(jurisdiction) are there already")
            } else {
                print("filled in \(filled.reports) reports of \(jurisdiction) in \(filled.seconds) s")
            }
        }

        private func fill(_ loaded: LoadedCity, with store: SimulationStore) async throws -> Filled {
            let run: SimulationRun
            do {
                run = try await store.begin(try plan(for: loaded.city), of: loaded.city) { stored in
                    stored.reports == reports && (year.map { isYear($0, of: stored, in: loaded.city) } ?? true)
                }
            } catch let refusal as SimulationRefusal { throw Refusal(refusal.sentence) }
            guard !run.isFinished else { return Filled(reports: 0, seconds: 0) }
            let start = ContinuousClock.now
            let meter = ProgressMeter(total: reports, isSilent: output.json)
            let filler = SimulationFiller(store: store, city: loaded, run: run)
            let filled: Int
            do { filled = try await filler.fill { meter.show($0) } } catch let refusal as SimulationRefusal {
                throw Refusal(refusal.sentence)
            }
            meter.end()
            return Filled(reports: filled, seconds: Int((ContinuousClock.now - start) / .seconds(1)))
        }

        private func plan(for city: City) throws -> SimulationPlan {
            guard let year else { return .lastYear(seed: seed, reports: reports, now: .now) }
            guard let plan = SimulationPlan.year(year, seed: seed, reports: reports, in: city, now: .now) else {
                throw Refusal("refused: the year \(year) is yet to come")
            }
            return plan
        }

        private func isYear(_ year: Int, of plan: SimulationPlan, in city: City) -> Bool {
            SimulationPlan.year(year, seed: seed, reports: reports, in: city, now: plan.end)?.start == plan.start
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Takes simulated reports out; desks, tracking and figures go on without.",
            discussion: """
                As with the samples, the streams stay gapless, and the figures are counted anew. It takes about a \
                second for 200 reports: a store that holds nothing else is made anew faster.
                """)

        @OptionGroup var city: CityOptions
        @OptionGroup var storeOptions: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let jurisdiction = JurisdictionCode(rawValue: city.jurisdiction)
            let removed = try await storeOptions.withPool { pool in
                let removed = try await SampleStore(pool: pool, channel: SimulationPlan.channel)
                    .remove(in: jurisdiction).removed
                try await SimulationStore(pool: pool).forgetRuns(in: jurisdiction)
                return removed
            }
            if output.json { return try output.print(Filled(reports: removed, seconds: 0)) }
            print("removed \(removed) simulated reports of \(jurisdiction)")
        }
    }

    struct Filled: Encodable {
        var reports: Int
        var seconds: Int
    }
}

extension SimulationRefusal {
    fileprivate var sentence: String {
        switch self {
        case .otherPlan(let plan):
            "refused: the run with seed \(plan.seed) has \(plan.reports) reports from \(plan.start) to \(plan.end); "
                + "ask for the same, or choose another --seed"
        case .cityChanged:
            "refused: the city was changed since this run began; load it as it was, or take the reports out first "
                + "(sasandoctl simulate remove)"
        case .elsewhere: "refused: another sasandoctl fills the same reports in at this moment"
        }
    }
}
