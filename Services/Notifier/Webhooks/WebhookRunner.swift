internal import Domain
internal import FoundationEssentials
internal import Logging
internal import ServiceLifecycle
internal import Storage
internal import Streams
internal import Telemetry

/// Takes the endpoints that nobody has, and works for each in a task of its own: one that is slow or dead keeps no other
/// waiting. Of several replicas each endpoint has one at a time.
struct WebhookRunner: Service {
    /// Between two looks for endpoints that nobody has.
    static let interval: Duration = .seconds(2)
    /// How long a stop waits for attempts on their way; what they come to is then not known, and they are made again.
    static let farewell: Duration = .seconds(3)

    let delivery: WebhookDelivery
    /// This process, in the store.
    let holder = UUID()

    private var signals: WebhookSignals { delivery.signals }

    /// Works until the service stops: then each endpoint's place is written down, and the endpoint given back.
    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            try? await gracefulShutdown()
            signals.close()
            await group.next()
        }
    }

    func work() async {
        await withDiscardingTaskGroup { group in
            while !signals.isClosed, !Task.isCancelled {
                let (heard, moment) = (signals.changes.generation, ContinuousClock.now)
                for lease in await take() {
                    group.addTask { await delivery.run(lease, takenAt: moment) }
                }
                await signals.changes.wait(since: heard, atMost: Self.interval)
            }
            let end = ContinuousClock.now + Self.farewell
            while signals.count > 0, case let left = end - ContinuousClock.now, left > .zero, !Task.isCancelled {
                let ended = signals.ended.generation
                if signals.count > 0 { await signals.ended.wait(since: ended, atMost: left) }
            }
            group.cancelAll()
        }
    }

    private func take() async -> [WebhookLease] {
        do {
            let (leases, count) = try await delivery.store.take(for: holder)
            delivery.metrics.show(count)
            return leases
        } catch {
            delivery.logger.warning("Endpoints not taken up; trying again", metadata: [LogKey.error: "\(error)"])
            return []
        }
    }
}
