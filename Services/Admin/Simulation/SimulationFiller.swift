internal import Domain
internal import Storage

/// Plays a plan and fills it in: while the store writes one window, the next is being made.
struct SimulationFiller: Sendable {
    let store: SimulationStore
    let city: LoadedCity
    let run: SimulationRun

    /// - Parameter progress: gets the number of the reports that are in.
    /// - Returns: how many reports were filled in now.
    func fill(progress: @Sendable (Int) -> Void) async throws -> Int {
        let jurisdiction = city.city.code
        let player = SimulationPlayer(city: city, run: run)
        var filled = 0
        var done = min(run.windows * CitySimulator.windowSize, run.plan.reports)
        var next = try await player.next()
        while let made = next {
            async let following = player.next()
            try await store.fill(made.batch, of: run, in: jurisdiction)
            filled += made.reports
            done += made.reports
            progress(done)
            next = try await following
        }
        try await store.finish(run, timers: await player.timers, in: jurisdiction)
        return filled
    }
}

/// The simulator, with what makes its windows ready for the store.
private actor SimulationPlayer {
    private var simulator: CitySimulator
    private let events: EventMaker
    private let run: SimulationRun
    private let jurisdiction: JurisdictionCode

    init(city: LoadedCity, run: SimulationRun) {
        simulator = CitySimulator(city: city.city, plan: run.plan)
        events = EventMaker(city)
        self.run = run
        jurisdiction = city.city.code
    }

    var timers: [SimulatedTimers] { simulator.timers }

    /// The next window that is not filled in yet. What is filled in is only played again.
    func next() throws -> (batch: SimulationBatch, reports: Int)? {
        while let window = try simulator.next() {
            try Task.checkCancellation()
            guard window.number >= run.windows else { continue }
            let batch = SimulationStore.batch(window, events: events, in: jurisdiction, seed: run.plan.seed)
            return (batch, window.reports.count)
        }
        return nil
    }
}
