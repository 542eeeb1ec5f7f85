internal import Foundation
internal import Logging
internal import PostgreSQL
internal import Reactor
internal import TestSupport

/// Runs the rows one after the other, each with a city at work, and judges each.
struct Runner: Sendable {
    let kind: TargetKind
    let pace: Pace
    let seed: UInt64

    /// Among plain processes, faults that need a stage have a stack of their own, after the others.
    func run(_ faults: [Fault]) async -> [Row] {
        if kind == .compose { return await run(faults, isStaged: false) }
        return await run(faults.filter { !$0.needsStage }, isStaged: false)
            + run(faults.filter(\.needsStage), isStaged: true)
    }

    private func run(_ faults: [Fault], isStaged: Bool) async -> [Row] {
        guard !faults.isEmpty else { return [] }
        let target: any Target
        do {
            switch kind {
            case .bare: target = try await BareTarget.start(isStaged: isStaged)
            case .compose: target = try await ComposeTarget.start()
            }
        } catch {
            if !(error is Impossible) { print("No stack: \(error)") }
            return faults.map { fault in
                var row = Row(fault.name, kind, seed)
                if error is Impossible { row.skipped = "\(error)" } else { row.failure = "there was no stack" }
                return row
            }
        }
        let rows: [Row]
        do { rows = try await run(faults, on: target) } catch {
            var row = Row("the run", kind, seed)
            row.failure = "\(error)"
            rows = [row]
        }
        do { try await target.stop() } catch { print("The stack did not stop: \(error)") }
        return rows
    }

    private func run(_ faults: [Fault], on target: any Target) async throws -> [Row] {
        let place = try await target.store()
        var configuration = try PostgresConfiguration(url: place.url, password: place.password)
        configuration.applicationName = "faults"
        configuration.size = 2
        configuration.statementTimeout = .seconds(60)
        configuration.queryTimeout = .seconds(60)
        configuration.leaseTimeout = .seconds(20)
        let reactor = Reactor(name: "faults")
        defer { reactor.stop() }
        let quiet = Logger(label: "faults") { _ in SwiftLogNoOpLogHandler() }
        return try await PostgresPool.with(configuration, reactor: reactor, logger: quiet) { pool in
            let city = City(target, seed: seed)
            let judge = Judge(target, city, pool)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await city.follow() }
                try await wait(for: "the consumers to be connected", within: .seconds(20)) {
                    city.followers.allSatisfy(\.isConnected)
                }
                var rows: [Row] = []
                for fault in faults {
                    let row = await run(fault, on: target, city, judge, pool)
                    say(row)
                    rows.append(row)
                }
                rows.append(await end(judge))
                group.cancelAll()
                return rows
            }
        }
    }

    private func say(_ row: Row) {
        let seconds = Int(row.seconds.rounded())
        print("\(row.fault.padded(24))\(row.result.padded(9))\(row.acts) acts, \(row.reports) reports, \(seconds) s")
        for line in row.complaints { print("    \(line)") }
        fflush(nil)
    }

    private func end(_ judge: Judge) async -> Row {
        var row = Row("in the end", kind, seed)
        do { row.verdicts = try await judge.inTheEnd() } catch { row.failure = "\(error)" }
        return row
    }

    // MARK: One row

    private func run(
        _ fault: Fault, on target: any Target, _ city: City, _ judge: Judge, _ pool: PostgresPool
    ) async -> Row {
        var row = Row(fault.name, kind, seed)
        let begun = ContinuousClock.now
        let blows = Blows(fault, on: target, pool, city, pace, Dice(seed: seed, name: fault.name))
        let memory = MemoryWatch(target)
        do {
            let before = try await processes(of: target)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await memory.run() }
                let (struck, shift) = try await strike(blows, city)
                row.acts = struck.acts
                row.reports = shift.acknowledged.count
                row.verdicts[.others] = struck.others
                row.verdicts[.drained] = await judge.drain(since: struck.healed)
                group.cancelAll()
                row.verdicts.merge(try await judge.verdicts(of: shift)) { $1 }
            }
            row.verdicts[.memory] = memory.verdict
            row.verdicts[.alive] = Verdict(try await died(since: before, on: target, except: fault.kills))
            if row.acts == 0 { row.failure = "nothing was done" }
        } catch let impossible as Impossible {
            row.skipped = impossible.description
        } catch {
            row.failure = "\(error)"
        }
        city.forgetDelays()
        row.seconds = (ContinuousClock.now - begun).milliseconds / 1_000
        return row
    }

    private func strike(_ blows: Blows, _ city: City) async throws -> (Blows.Struck, City.Shift) {
        let struck = Latest<Blows.Struck>()
        let shift = try await city.work(at: pace) { struck.set(try await blows.run()) }
        guard let value = struck.value else { throw Unexpected("no blow was dealt") }
        return (value, shift)
    }

    private func processes(of target: any Target) async throws -> [String: Set<pid_t>] {
        var processes: [String: Set<pid_t>] = [:]
        for service in Part.services + [Stack.frontDoor, Stack.store] {
            processes[service] = Set(try await target.processes(of: service))
        }
        return processes
    }

    private func died(
        since before: [String: Set<pid_t>], on target: any Target, except killed: Set<String>
    ) async throws -> [String] {
        let now = try await processes(of: target)
        var faults: [String] = []
        for (service, was) in before.sorted(by: { $0.key < $1.key })
        where !killed.contains(service) && now[service] != was {
            let log = await target.log(of: service).split(separator: "\n").suffix(3).joined(separator: " | ")
            faults.append("\(service) ended by itself: \(log.suffix(600))")
        }
        return faults
    }
}
