internal import Foundation
internal import Synchronization

/// One line on standard error about how far a long piece of work is, renewed every second.
final class ProgressMeter: Sendable {
    private struct State {
        var first: (done: Int, at: ContinuousClock.Instant)?
        var shownAt: ContinuousClock.Instant?
    }

    private let total: Int
    private let isSilent: Bool
    private let unit: String
    private let state = Mutex(State())

    init(total: Int, isSilent: Bool, unit: String = "reports") {
        self.total = total
        self.isSilent = isSilent
        self.unit = unit
    }

    func show(_ done: Int) {
        guard !isSilent else { return }
        let now = ContinuousClock.now
        let rate: Double? = state.withLock { state in
            let first = state.first ?? (done, now)
            state.first = first
            if let shownAt = state.shownAt, now - shownAt < .seconds(1), done < total { return nil }
            state.shownAt = now
            let seconds = (now - first.at) / .seconds(1)
            return seconds > 0 ? Double(done - first.done) / seconds : 0
        }
        guard let rate else { return }
        let filled = total > 0 ? 20 * min(done, total) / total : 20
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
        write("\r\(bar) \(done) of \(total) \(unit), \(Int(rate))/s ")
    }

    func end() {
        let wasShown = state.withLock { $0.shownAt != nil }
        if wasShown { write("\n") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
