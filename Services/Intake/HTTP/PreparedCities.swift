internal import Domain
internal import Storage
internal import Synchronization

/// Prepares each version of a city once, however many requests ask for it at the same time.
///
/// The request that comes first prepares a new version; the others are given the version before it meanwhile, or wait
/// where there is none.
final class PreparedCities: Sendable {
    typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var ready: [JurisdictionCode: ServedCity] = [:]
        /// Who waits for a city that somebody is preparing; none stands here for a city that nobody is.
        var waiting: [JurisdictionCode: [Waiter]] = [:]
    }

    private enum Step {
        case serve(ServedCity)
        case prepare
        case wait
    }

    private let state = Mutex(State())
    private let prepare: @Sendable (LoadedCity) async throws -> ServedCity

    init(prepare: @escaping @Sendable (LoadedCity) async throws -> ServedCity) { self.prepare = prepare }

    /// The city, prepared: in this version, or in the one before while this one is made ready.
    ///
    /// Where that fails, the version before is served as well; without one, all who wait for it get the error. Who
    /// comes later tries again.
    func city(_ loaded: LoadedCity) async throws -> ServedCity {
        while true {
            switch step(loaded) {
            case .serve(let city): return city
            case .wait: try await turn(of: loaded.city.code)
            case .prepare:
                do {
                    let made = try await prepare(loaded)
                    finish(loaded.city.code, made)
                    return made
                } catch {
                    // Who was cancelled says nothing of the city: then another prepares it.
                    finish(loaded.city.code, nil, failure: Task.isCancelled ? nil : error)
                    guard let before = state.withLock({ $0.ready[loaded.city.code] }) else { throw error }
                    return before
                }
            }
        }
    }

    private func step(_ loaded: LoadedCity) -> Step {
        let code = loaded.city.code
        return state.withLock { state in
            let known = state.ready[code]
            if let known, known.loaded.version == loaded.version { return .serve(known) }
            if state.waiting[code] == nil {
                state.waiting[code] = []
                return .prepare
            }
            if let known { return .serve(known) }
            return .wait
        }
    }

    /// Waits until whoever prepares the city has done so; throws with them when they fail.
    private func turn(of code: JurisdictionCode) async throws {
        try await withCheckedThrowingContinuation { (waiter: Waiter) in
            let isOver = state.withLock { state in
                guard state.waiting[code] != nil else { return true }
                state.waiting[code]?.append(waiter)
                return false
            }
            if isOver { waiter.resume() }
        }
    }

    private func finish(_ code: JurisdictionCode, _ made: ServedCity?, failure: (any Error)? = nil) {
        let waiting = state.withLock { state in
            if let made { state.ready[code] = made }
            return state.waiting.removeValue(forKey: code) ?? []
        }
        for waiter in waiting {
            if let failure { waiter.resume(throwing: failure) } else { waiter.resume() }
        }
    }
}
