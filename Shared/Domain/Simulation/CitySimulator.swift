internal import FoundationEssentials

/// Plays a plan, window by window: pure, and in memory that grows with what is open at a time and not with the plan.
///
///     var simulator = CitySimulator(city: city, plan: plan)
///     while let window = try simulator.next() { … }
package struct CitySimulator: Sendable {
    /// How many reports come in a window.
    package static let windowSize = 1_000

    package let plan: SimulationPlan
    private let mill: ReportMill
    private let world: SimulatedWorld
    private var lives = LifeQueue()
    private var number = 0
    private var isOver = false
    /// The last report of each kind in each area.
    private var latest: [Kind: UUID] = [:]

    private struct Kind: Hashable {
        var category: CategoryCode?
        var area: AreaCode?
    }

    /// - Precondition: the city has a triage agency and an area, as every city that was checked has.
    package init(city: City, plan: SimulationPlan) {
        self.plan = plan
        mill = ReportMill(city: city, plan: plan)
        world = SimulatedWorld(city: city, plan: plan)
    }

    /// The windows of the whole plan.
    package var windowCount: Int { max((plan.reports + Self.windowSize - 1) / Self.windowSize, 1) }

    /// What happens next; nil when the plan is played to its end.
    ///
    /// - Throws: `Refusal` where the model means to do what the status machine does not allow.
    package mutating func next() throws(Refusal) -> SimulatedWindow? {
        guard !isOver else { return nil }
        var window = SimulatedWindow(number: number, reports: [], steps: [])
        let first = number * Self.windowSize
        let end = min(first + Self.windowSize, plan.reports)
        window.reports.reserveCapacity(Self.windowSize)
        for index in first..<max(first, end) {
            let report = mill.report(index)
            window.reports.append(report)
            let kind = Kind(category: report.report.category, area: report.report.area?.code)
            let (life, step) = SimulatedLife.begin(report, twin: latest[kind], seed: plan.seed, in: world)
            latest[kind] = report.id
            window.steps.append(step)
            lives.insert(life)
        }
        number += 1
        isOver = end >= plan.reports
        // What is done in the same moment as the next window begins belongs to that.
        let horizon = isOver ? plan.end : mill.moment(of: end)
        while var life = lives.popFirst(before: horizon) {
            if let step = try life.advance(in: world) { window.steps.append(step) }
            lives.insert(life)
        }
        window.steps.sort {
            ($0.outcome.at, $0.report.number, $0.outcome.state.version) < (
                $1.outcome.at, $1.report.number, $1.outcome.state.version
            )
        }
        return window
    }

    /// The timers that still run: once the plan is played, those of what stays open.
    package var timers: [SimulatedTimers] {
        lives.all.filter { !$0.timers.isEmpty }.map { life in
            SimulatedTimers(
                report: life.report.id,
                timers: life.timers.sorted { $0.key < $1.key }.map { DeadlineChange(kind: $0.key, dueAt: $0.value) })
        }
    }
}

/// Lives in the order of what happens next: a binary heap of places, and the lives beside it, since they are large.
struct LifeQueue: Sendable {
    private struct Entry {
        var at: Timestamp
        var number: Int
        var slot: Int

        static func < (a: Entry, b: Entry) -> Bool { (a.at, a.number) < (b.at, b.number) }
    }

    private var heap: [Entry] = []
    private var slots: [SimulatedLife?] = []
    private var free: [Int] = []

    var all: [SimulatedLife] { slots.compactMap { $0 } }

    /// A life in which nothing happens any more is let go.
    mutating func insert(_ life: SimulatedLife) {
        guard let at = life.nextAt else { return }
        let slot: Int
        if let last = free.popLast() {
            slot = last
            slots[slot] = life
        } else {
            slot = slots.count
            slots.append(life)
        }
        heap.append(Entry(at: at, number: life.report.number, slot: slot))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The life whose next step comes first, if that is before `horizon`.
    mutating func popFirst(before horizon: Timestamp) -> SimulatedLife? {
        guard let first = heap.first, first.at < horizon else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        defer {
            slots[first.slot] = nil
            free.append(first.slot)
        }
        return slots[first.slot]
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[smallest] {
                smallest = child
            }
            if smallest == parent { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
