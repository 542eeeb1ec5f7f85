internal import Domain
internal import FoundationEssentials
internal import Synchronization

/// Officers of all agencies at work: each takes what its agency has and gives commands at random, every one under a
/// key and again until there is an answer.
package final class Officers: Sendable {
    package struct Done: Sendable {
        /// Commands by name that were carried out.
        package var commands: [String: Int] = [:]
        /// Of the transfers, those that said what kind of report it really is, and those that named a sub-type too.
        package var corrected = 0
        package var detailed = 0
        /// Answers 409 and 412: somebody was faster; and 404 where the report has been passed on twice meanwhile, so
        /// that the agency may not even know any more where it is.
        package var beaten = 0
        package var refused = 0
        package var faults: [String] = []
    }

    private let doors: any Doors
    private let agencies: [String]
    private let state = Mutex(Done())
    private let random: Mutex<SeededGenerator>
    /// Triage's transfers so far.
    private let handOvers = Atomic(0)
    /// Whether a hold ends soon by itself, so that a timer ends it.
    private let holdsBriefly: Bool
    private static let briefly: Duration = .milliseconds(2_500)

    package init(_ doors: any Doors, agencies: [String], seed: UInt64, holdsBriefly: Bool = false) {
        self.doors = doors
        self.agencies = agencies
        self.holdsBriefly = holdsBriefly
        random = Mutex(SeededGenerator(seed: seed))
    }

    package var done: Done { state.withLock { $0 } }

    /// Works until the task is cancelled.
    ///
    /// - Parameters:
    ///   - each: officers of each agency.
    ///   - pause: between an officer's commands.
    package func run(each: Int, pause: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            for agency in agencies {
                for _ in 0..<each { group.addTask { await self.work(at: agency, pause: pause) } }
            }
        }
    }

    private func work(at agency: String, pause: Duration) async {
        let door = doors.agency(agency)
        while !Task.isCancelled {
            let statuses = "assigned,triage,acknowledged,in_progress,on_hold,reopened,resolved"
            let listed = try? await door.get("/v1/agencies/\(agency)/reports?status=\(statuses)", patience: .seconds(5))
            let reports = listed?["reports"]?.elements ?? []
            let chosen = random.withLock { random in reports.prefix(200).shuffled(using: &random).prefix(8) }
            for report in chosen {
                await command(report, at: agency, door)
                // pause: an officer's pace
                try? await Task.sleep(for: pause)
                if Task.isCancelled { return }
            }
            // pause: before the list is fetched anew
            if chosen.isEmpty { try? await Task.sleep(for: .milliseconds(200)) }
        }
    }

    private func command(_ report: JSONValue, at agency: String, _ door: Door) async {
        let permitted = (report["commands"]?.elements ?? []).compactMap(\.text)
        guard let id = report["id"]?.text, let name = random.withLock({ permitted.randomElement(using: &$0) })
        else { return }
        var way = door.with("Idempotency-Key", UUID().text)
        let isCareful = random.withLock { Bool.random(using: &$0) }
        if isCareful, let version = report["version"]?.number { way = way.with("If-Match", "\"\(Int(version))\"") }
        // Before the body, which says until when a hold lasts.
        let begun = ContinuousClock.now
        let body = body(of: name, at: agency)
        while !Task.isCancelled {
            let path = "/v1/agencies/\(agency)/reports/\(id)/\(name)"
            guard let answer = try? await way.post(path, json: body, patience: .seconds(10)), answer.status != 503
            else {
                state.withLock { $0.refused += 1 }
                // pause: the agency's process is being started again
                try? await Task.sleep(for: .milliseconds(100))
                continue
            }
            state.withLock { done in
                switch answer.status {
                case 200:
                    done.commands[name, default: 0] += 1
                    if body["category"] != nil { done.corrected += 1 }
                    if body["subtype"] != nil { done.detailed += 1 }
                case 404, 409, 412: done.beaten += 1
                // The doors were shut until the hold that was asked for would have been over.
                case 422
                where ContinuousClock.now - begun > Self.briefly && answer.faults == ["/until time_not_in_future"]:
                    done.beaten += 1
                default: if done.faults.count < 20 { done.faults.append("\(answer)") }
                }
            }
            return
        }
    }

    private func body(of command: String, at agency: String) -> JSONValue {
        switch command {
        case "hold":
            guard holdsBriefly else { return ["reason": "menunggu suku cadang"] }
            let until = Timestamp(
                microseconds: Int64((Date().timeIntervalSince1970 + Self.briefly / .seconds(1)) * 1e6))
            return ["reason": "sebentar", "until": .string(until.rfc3339(offsetSeconds: 28_800))]
        case "reject": return ["reason": "invalid", "note": "Tidak ditemukan di lapangan."]
        case "transfer": return transfer(from: agency)
        case "ask": return ["text": "Di sebelah mana?"]
        case "comment": return ["note": "Petugas menuju lokasi.", "internal_note": "unit 3", "actor": "Budi"]
        default: return ["note": .string("\(command) oleh \(agency)")]
        }
    }

    /// Triage says what kind of report it is in two of three cases, and in one of these with a sub-type.
    private func transfer(from agency: String) -> JSONValue {
        let turn = agency == "kominfo" ? handOvers.add(1, ordering: .relaxed).oldValue % 3 : 0
        let others = Sample.ways.filter { $0.agency != agency && $0.agency != "kominfo" }
        let ways = turn == 0 ? others : others.filter { ($0.subtype != nil) == (turn == 1) }
        let index = random.withLock { Int.random(in: ways.indices, using: &$0) }
        var body: [String: JSONValue] = ["to": .string(ways[index].agency), "reason": "salah alamat"]
        if turn > 0 {
            body["category"] = ways[index].category.map { JSONValue.string($0) }
            body["subtype"] = ways[index].subtype.map { JSONValue.string($0) }
        }
        return .object(body)
    }
}
