internal import Foundation
internal import TestSupport

/// SIGKILL, as the kernel does when memory runs out.
enum KillFaults {
    static let all: [Fault] = [
        kill("kill-intake", [Stack.intake], "intake is killed every 1 to 5 s"),
        kill("kill-routing", [Stack.routing], "routing is killed every 1 to 5 s"),
        kill("kill-analytics", [Stack.analytics], "analytics is killed every 1 to 5 s"),
        kill("kill-channels", [Stack.notifier("channels")], "the channels' notifier is killed every 1 to 5 s"),
        kill("kill-front", [Stack.frontDoor], "the front door is killed every 1 to 5 s"),
        kill("kill-any", Part.services, "any one of the services is killed every 1 to 5 s"),
        Fault(
            name: "kill-notifier", what: "an agency's notifier is killed once a window",
            // As often as the others are, in the mean.
            reach: .agency(Part.victim), kills: [Stack.notifier(Part.victim)], least: .seconds(3), strike: notifier),
    ]

    private static func kill(_ name: String, _ victims: [String], _ what: String) -> Fault {
        Fault(name: name, what: what, kills: Set(victims), least: .seconds(4)) { scene in
            let end = ContinuousClock.now + scene.length
            var kills = 0
            while true {
                let pause = kills == 0 ? scene.dice.milliseconds(200...1_000) : scene.dice.milliseconds(1_000...5_000)
                guard kills == 0 || ContinuousClock.now + pause < end else { break }
                try await scene.hold(pause)
                try await scene.target.signal(scene.dice.pick(victims), SIGKILL)
                kills += 1
            }
            return kills
        }
    }

    private static func notifier(_ scene: Scene) async throws -> Int {
        let half = Int(scene.length.milliseconds) / 2
        let before = scene.dice.milliseconds(0...half)
        try await scene.hold(before)
        try await scene.target.signal(Stack.notifier(Part.victim), SIGKILL)
        try await scene.hold(scene.length - before)
        return 1
    }
}
