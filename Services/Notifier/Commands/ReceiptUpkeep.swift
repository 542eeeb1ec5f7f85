internal import Domain
internal import Logging
internal import Runtime
internal import Storage
internal import Telemetry

/// Lets go of the answers to commands that are too old to be retried, once an hour.
struct ReceiptUpkeep: Sendable {
    static let keptDays = 30
    private static let interval: Duration = .seconds(3600)
    /// Answers that one transaction lets go.
    private static let batchLimit = 1000

    let jurisdiction: JurisdictionCode
    let agency: AgencyCode
    let store: CommandStore
    let logger: Logger

    /// Works until the task is cancelled; what fails is tried again an hour later.
    func run() async {
        while !Task.isCancelled {
            do { try await sweep() } catch {
                logger.warning("old answers not let go", metadata: [LogKey.error: "\(error)"])
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// - Returns: how many answers were let go.
    @discardableResult
    func sweep() async throws -> Int {
        var total = 0
        while !Task.isCancelled {
            let n = try await store.forgetReceipts(
                of: agency, in: jurisdiction, olderThanDays: Self.keptDays, limit: Self.batchLimit)
            total += n
            if n < Self.batchLimit { break }
        }
        return total
    }
}
