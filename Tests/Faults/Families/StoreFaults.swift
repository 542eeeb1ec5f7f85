internal import Foundation
internal import PostgreSQL
internal import TestSupport

/// What can befall the store itself.
enum StoreFaults {
    static let all: [Fault] = [
        Fault(
            name: "kill-postmaster", what: "the store's first process is killed, and its children left to find out",
            kills: [Stack.store], least: .seconds(5)
        ) { scene in
            try await scene.hold(scene.dice.milliseconds(200...1_000))
            try await scene.target.killAndAwait(Stack.store)
            try await scene.hold(.seconds(1))
            return 1
        },
        Fault(
            name: "kill-backend", what: "one of the store's other processes is killed, so that all of them start anew"
        ) { scene in
            try await scene.hold(scene.dice.milliseconds(200...1_000))
            guard let first = try await scene.target.processes(of: Stack.store).first,
                let victim = Processes.children(of: first).filter({ Processes.name(of: $0) == "postgres" }).sorted()
                    .randomElement(by: scene.dice)
            else { throw Unexpected("the store has no processes") }
            kill(victim, SIGKILL)
            try await scene.hold(.seconds(2))
            return 1
        },
        Fault(
            name: "disk-full", what: "the store's disk is full", targets: [.bare], kills: [Stack.store],
            least: .seconds(4), needsStage: true
        ) { scene in
            try await scene.undoing {
                try await scene.target.fillDisk(true)
                try await scene.hold(scene.length)
                return 1
            } by: {
                try await scene.target.fillDisk(false)
            }
        },
        clock("clock-forward", hours: 2), clock("clock-back", hours: -2),
    ]

    private static func clock(_ name: String, hours: Int) -> Fault {
        let way = hours > 0 ? "forward" : "back"
        return Fault(
            name: name, what: "the store's clock jumps \(abs(hours)) hours \(way), and then to the right time again",
            targets: [.bare], least: .seconds(4), needsStage: true
        ) { scene in
            try await scene.undoing {
                try await scene.target.setClock(offset: .seconds(hours * 3_600))
                try await scene.hold(scene.length)
                let query: SQL = "SELECT extract(epoch FROM clock_timestamp())::bigint"
                let seconds = try await scene.pool.query(query).one().decode(Int64.self, at: 0)
                let away = seconds - Int64(Date().timeIntervalSince1970)
                guard abs(away - Int64(hours * 3_600)) < 60 else { throw Unexpected("the clock is \(away) s away") }
                return 2
            } by: {
                try await scene.target.setClock(offset: .zero)
            }
        }
    }
}

extension Array {
    func randomElement(by dice: Dice) -> Element? { isEmpty ? nil : dice.pick(self) }
}
