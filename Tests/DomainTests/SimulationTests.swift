import Domain
import FoundationEssentials
import Testing

@testable import Domain

/// The simulated year of a city: the same for the same seed, and distributed as promised.
struct SimulationTests {
    private static let plan = SimulationPlan.year(
        2025, seed: 7, reports: 20_000, in: Sample.city, now: Timestamp(seconds: 1_790_000_000))!
    private static let year = Result { try play(plan) }

    private static func play(_ plan: SimulationPlan) throws -> (windows: [SimulatedWindow], timers: [SimulatedTimers]) {
        var simulator = CitySimulator(city: Sample.city, plan: plan)
        var windows: [SimulatedWindow] = []
        while let window = try simulator.next() { windows.append(window) }
        return (windows, simulator.timers)
    }

    private func reports() throws -> [SimulatedReport] { try Self.year.get().windows.flatMap(\.reports) }
    private func steps() throws -> [SimulatedStep] { try Self.year.get().windows.flatMap(\.steps) }

    /// Civil time in the city.
    private func local(_ moment: Timestamp) -> CivilTime { CivilTime(moment.adding(seconds: Sample.city.utcOffset)) }

    @Test func `the same plan gives the same year, another seed another`() throws {
        func first(_ seed: UInt64) throws -> SimulatedWindow {
            var plan = Self.plan
            plan.seed = seed
            var simulator = CitySimulator(city: Sample.city, plan: plan)
            return try #require(try simulator.next())
        }
        let (a, b, c) = (try first(7), try first(7), try first(8))
        #expect(a.reports == b.reports)
        #expect(a.steps.map(\.outcome) == b.steps.map(\.outcome))
        #expect(a.reports.map(\.id) != c.reports.map(\.id))
        #expect(Set(a.reports.map(\.trackingCode)).isDisjoint(with: c.reports.map(\.trackingCode)))
    }

    @Test func `every report comes once, in the order of its time, within the year`() throws {
        let reports = try reports()
        #expect(reports.map(\.number) == Array(0..<20_000))
        #expect(Set(reports.map(\.id)).count == 20_000)
        #expect(Set(reports.map(\.trackingCode)).count == 20_000)
        #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.receivedAt <= $1.receivedAt })
        #expect(reports.allSatisfy { Self.plan.start <= $0.receivedAt && $0.receivedAt < Self.plan.end })
        #expect(Set(reports.map { local($0.receivedAt).year }) == [2025])
    }

    @Test func `every report could have come in by the door`() throws {
        for simulated in try reports().prefix(2_000) {
            let report = simulated.report
            var draft = ReportDraft()
            draft.category = report.category
            draft.subtype = report.subtype
            draft.description = report.description
            (draft.rt, draft.rw, draft.landmark) = (report.rt, report.rw, report.landmark)
            draft.visibility = report.visibility.rawValue
            if report.locationSource == .area {
                draft.area = report.area?.code
            } else {
                draft.location = .init(
                    lat: report.location?.lat, lon: report.location?.lon, accuracyMetres: report.accuracyMetres)
            }
            let admitted = try AdmissionRules.validate(
                draft, city: Sample.city, places: PlaceIndex(city: Sample.city), now: simulated.receivedAt
            ).get()
            // The point lies in the area that was drawn.
            #expect(admitted.area == report.area)
            #expect(admitted.visibility == report.visibility)
        }
    }

    @Test func `more is reported by day than by night, and by hours of its kind`() throws {
        var hours = Array(repeating: 0, count: 24)
        for report in try reports() { hours[local(report.receivedAt).hour] += 1 }
        let night = hours[0..<5].reduce(0, +)
        let evening = hours[16..<21].reduce(0, +)
        #expect(Double(evening) > 3 * Double(night), "\(hours)")
        let lamps = try reports().filter { $0.report.category == "lampu_rambu" }
        let dark = lamps.filter { local($0.receivedAt).hour >= 18 }.count
        #expect(Double(dark) > 0.5 * Double(lamps.count), "\(dark) of \(lamps.count)")
    }

    @Test func `weekends are quieter`() throws {
        var days = Array(repeating: 0.0, count: 7)
        for report in try reports() { days[report.receivedAt.adding(seconds: Sample.city.utcOffset).weekday] += 1 }
        let workday = days[..<5].reduce(0, +) / 5
        #expect(days[5] < 0.95 * workday && days[6] < 0.95 * workday, "\(days)")
        #expect(days[..<5].allSatisfy { abs($0 - workday) < 0.1 * workday }, "\(days)")
    }

    @Test func `fires come in the dry season, lamps fail in the rains`() throws {
        func share(of category: CategoryCode, in months: Set<Int>) throws -> Double {
            let all = try reports().filter { $0.report.category == category }
            return Double(all.filter { months.contains(local($0.receivedAt).month) }.count) / Double(all.count)
        }
        let (rains, dry): (Set<Int>, Set<Int>) = ([1, 2, 12], [7, 8, 9])
        #expect(try share(of: "kebakaran", in: dry) > 1.8 * share(of: "kebakaran", in: rains))
        #expect(try share(of: "lampu_rambu", in: rains) > 1.2 * share(of: "lampu_rambu", in: dry))
    }

    @Test func `categories and areas have their shares`() throws {
        let reports = try reports()
        let total = Double(reports.count)
        func share(_ category: CategoryCode?) -> Double {
            Double(reports.filter { $0.report.category == category }.count) / total
        }
        // 230, 140 · about 1.15 for the rains, and 110 · 1.1 of about 590.
        #expect(abs(share("sampah") - 0.42) < 0.04, "\(share("sampah"))")
        #expect(share("sampah") > share("lampu_rambu") && share("lampu_rambu") > share("kebakaran"))
        #expect(abs(share(nil) - 0.21) < 0.04, "\(share(nil))")
        let places = SimulatedPlaces(city: Sample.city)
        for (area, expected) in zip(Sample.city.areas, places.shares) {
            let found = Double(reports.filter { $0.report.area?.code == area.code }.count) / total
            #expect(abs(found - expected) < 0.015, "\(area.name): \(found), not \(expected)")
        }
        // Wide areas have more, but far from in proportion.
        let (least, most) = (places.shares.min()!, places.shares.max()!)
        #expect(most > 1.3 * least && most < 5 * least, "\(places.shares)")
    }

    @Test func `every life goes through the status machine, step by step`() throws {
        var states: [UUID: ReportState] = [:]
        var last: [UUID: Timestamp] = [:]
        for step in try steps() {
            let id = step.report.id
            #expect(step.before == states[id])
            #expect(step.outcome.state.version == (step.before?.version ?? 0) + 1)
            #expect(last[id].map { $0 < step.outcome.at } ?? true, "a step no later than the one before")
            #expect(step.outcome.at < Self.plan.end || step.before == nil)
            states[id] = step.outcome.state
            last[id] = step.outcome.at
        }
        #expect(states.count == 20_000)
        #expect(Set(states.values.map(\.status)).isSuperset(of: [.resolved, .closed, .rejected, .inProgress]))
    }

    @Test func `most is done, some late, some never`() throws {
        var states: [UUID: ReportState] = [:]
        var told: Set<UUID> = []
        for step in try steps() {
            states[step.report.id] = step.outcome.state
            if step.outcome.event == .escalated { told.insert(step.report.id) }
        }
        let total = Double(states.count)
        let open = Double(states.values.filter(\.status.isOpen).count) / total
        let late = Double(told.count) / total
        let resolved = states.values.filter { $0.status == .resolved || $0.status == .closed }
        let inTime = resolved.filter { $0.resolvedAt! <= $0.deadlines.resolveBy }
        #expect((0.01...0.08).contains(open), "\(open)")
        #expect((0.15...0.6).contains(late), "\(late)")
        #expect(Double(resolved.count) > 0.8 * total)
        #expect((0.6...0.97).contains(Double(inTime.count) / Double(resolved.count)))
        #expect(try steps().contains { $0.outcome.event == .transferredOut })
        #expect(try steps().contains { $0.outcome.event == .reopened })
        #expect(try steps().contains { $0.outcome.event == .held })
        #expect(try steps().contains { $0.outcome.event == .closed && $0.before?.status == .resolved })
    }

    @Test func `the timers that are left are of what is open or closes yet, and not due`() throws {
        let (_, timers) = try Self.year.get()
        var states: [UUID: ReportState] = [:]
        for step in try steps() { states[step.report.id] = step.outcome.state }
        #expect(!timers.isEmpty)
        for open in timers {
            let state = try #require(states[open.report])
            for timer in open.timers {
                #expect(timer.kind == .close ? state.status == .resolved : state.isPending(timer.kind))
                #expect(timer.dueAt > Self.plan.end.adding(seconds: -2))
            }
        }
        // What is open and promised for later has its timer.
        let promised = states.values.filter { $0.status.isOpen && $0.deadlines.resolveBy >= Self.plan.end }
        #expect(Set(promised.map(\.id)).isSubset(of: Set(timers.map(\.report))))
    }

    @Test func `an office opens on the next working morning`() {
        let habits = WorkHabits(agency: "dlhk", seed: 1, isTriage: false, offsetSeconds: 28_800)
        func opening(_ text: String) -> String {
            habits.opening(from: Timestamp(rfc3339: text)!).rfc3339(offsetSeconds: 28_800)
        }
        // 2025-11-24 is a Monday.
        #expect(opening("2025-11-24T09:05:00+08:00") == "2025-11-24T09:05:00.000+08:00")
        #expect(opening("2025-11-24T03:00:00+08:00") == "2025-11-24T07:30:00.000+08:00")
        #expect(opening("2025-11-24T18:00:00+08:00") == "2025-11-25T07:30:00.000+08:00")
        #expect(opening("2025-11-28T18:00:00+08:00") == "2025-12-01T07:30:00.000+08:00")
        #expect(opening("2025-11-30T01:00:00+08:00") == "2025-12-01T07:30:00.000+08:00")
    }

    @Test func `a year yet to come cannot be simulated, this one as far as it is`() {
        let now = Timestamp(rfc3339: "2026-05-01T00:00:00Z")!
        #expect(SimulationPlan.year(2027, seed: 1, reports: 1, in: Sample.city, now: now) == nil)
        #expect(SimulationPlan.year(2026, seed: 1, reports: 1, in: Sample.city, now: now)?.end == now)
        let past = SimulationPlan.year(2025, seed: 1, reports: 1, in: Sample.city, now: now)
        #expect(past?.start == Timestamp(rfc3339: "2025-01-01T00:00:00+08:00"))
        #expect(past?.end == Timestamp(rfc3339: "2026-01-01T00:00:00+08:00"))
    }
}
