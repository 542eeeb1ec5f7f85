package import FoundationEssentials

/// A report of the simulation, as it was accepted.
package struct SimulatedReport: Hashable, Sendable {
    /// Its place among all of the plan, from 0.
    package var number: Int
    package var id: UUID
    package var trackingCode: String
    package var receivedAt: Timestamp
    package var report: AdmittedReport
}

/// One step of a report's life: what the status machine made of it.
package struct SimulatedStep: Sendable {
    package var report: SimulatedReport
    /// The state that it was decided by; nil where the report was routed.
    package var before: ReportState?
    package var outcome: Outcome
}

/// Everything that happens from one group of reports to the next: these come in, and these steps are taken, in the
/// order of their times.
package struct SimulatedWindow: Sendable {
    /// From 0.
    package var number: Int
    package var reports: [SimulatedReport]
    package var steps: [SimulatedStep]
}

/// A report that is open when the simulation ends, with the timers that still run.
package struct SimulatedTimers: Sendable {
    package var report: UUID
    package var timers: [DeadlineChange]
}

/// Makes the reports of a plan: each follows from the seed and its number alone.
struct ReportMill: Sendable {
    private let city: City
    private let plan: SimulationPlan
    private let rhythm: CityRhythm
    private let places: SimulatedPlaces
    private let categories: [CategoryCode: Category]

    init(city: City, plan: SimulationPlan) {
        self.city = city
        self.plan = plan
        rhythm = CityRhythm(city: city, plan: plan)
        places = SimulatedPlaces(city: city)
        categories = Dictionary(city.categories.map { ($0.code, $0) }, uniquingKeysWith: { a, _ in a })
    }

    /// Each report has an equal share of all that comes in, so they come in the order of their numbers.
    func moment(of number: Int) -> Timestamp {
        var random = SeededRandom(seed: plan.seed, stream: UInt64(number) << 1)
        return rhythm.moment(at: (Double(number) + random.share()) / Double(plan.reports))
    }

    func report(_ number: Int) -> SimulatedReport {
        let receivedAt = moment(of: number)
        var random = SeededRandom(seed: plan.seed, stream: UInt64(number) << 1 | 1)
        let id = UUID.version7(at: receivedAt, random: (random.next(), random.next()))
        let trackingCode = TrackingCode(prefix: city.trackingPrefix, random: random.next()).text
        let code = rhythm.category(at: receivedAt, share: random.share())
        let category = code.flatMap { categories[$0] }
        let (area, place) = places.next(&random)
        var draft = ReportDraft()
        draft.category = code
        // Some do not say which kind, and triage asks.
        if let subtypes = category?.subtypes, !subtypes.isEmpty, random.happens(0.85) {
            draft.subtype = random.pick(subtypes).code
        }
        draft.description = SimulatedTexts.description(code, in: area, &random)
        draft.landmark = SimulatedTexts.landmark(&random)
        if random.happens(0.3) {
            draft.rt = "0" + String(1 + Int(random.share() * 9))
            draft.rw = "0" + String(1 + Int(random.share() * 5))
        }
        if place.source == .gps {
            let accuracy = 5 + (random.share() * 40).rounded()
            draft.location = .init(lat: place.point?.lat, lon: place.point?.lon, accuracyMetres: accuracy)
        }
        let asked: Visibility = random.happens(0.05) ? .private : .public
        return SimulatedReport(
            number: number, id: id, trackingCode: trackingCode, receivedAt: receivedAt,
            report: AdmittedReport(
                draft, category: category, place: place,
                visibility: city.visibility(chosen: asked, categories: [code])))
    }
}
