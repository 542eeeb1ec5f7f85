/// What every life of one simulation goes by.
struct SimulatedWorld: Sendable {
    let city: City
    let table: RoutingTable
    /// Agencies other than triage, in order.
    let agencies: [AgencyCode]
    /// The rules that lead to them.
    let rules: [RoutingRule]
    private let habits: [AgencyCode: WorkHabits]

    init(city: City, plan: SimulationPlan) {
        self.city = city
        let triage = city.triageAgency?.code
        agencies = city.agencies.map(\.code).filter { $0 != triage }.sorted()
        rules = city.rules.filter { $0.agency != triage }
        table = RoutingTable(city: city)
        habits = Dictionary(
            city.agencies.map { agency in
                let habits = WorkHabits(
                    agency: agency.code, seed: plan.seed, isTriage: agency.code == triage,
                    offsetSeconds: city.utcOffset)
                return (agency.code, habits)
            }, uniquingKeysWith: { a, _ in a })
    }

    func habits(of agency: AgencyCode) -> WorkHabits { habits[agency]! }

    /// Whom triage passes a report on to, and as what: a rule's agency and kind, of the report's own category where it
    /// has one.
    func destination(
        of category: CategoryCode?, _ random: inout SeededRandom
    ) -> CommandRequest.Action? {
        let fitting = rules.filter { category == nil || $0.category == category }
        if !fitting.isEmpty {
            let rule = random.pick(fitting)
            return .transfer(to: rule.agency, reason: nil, category: rule.category, subtype: rule.subtype)
        }
        guard !agencies.isEmpty else { return nil }
        return .transfer(to: random.pick(agencies), reason: nil, category: nil, subtype: nil)
    }

    /// Whom an agency passes on to what is not its own; nil where there is no other.
    func colleague(of agency: AgencyCode, _ random: inout SeededRandom) -> CommandRequest.Action? {
        let others = agencies.filter { $0 != agency }
        guard !others.isEmpty else { return nil }
        let other = random.pick(others)
        let kinds = rules.filter { $0.agency == other }
        let kind = kinds.isEmpty || random.happens(0.4) ? nil : random.pick(kinds)
        return .transfer(
            to: other, reason: random.pick(SimulatedTexts.passedOn), category: kind?.category, subtype: kind?.subtype)
    }
}
