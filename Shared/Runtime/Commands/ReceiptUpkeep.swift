package import Logging
internal import Telemetry

/// Lets go of the answers to commands that are too old to be retried, once an hour.
package struct ReceiptUpkeep: Sendable {
    private static let keptDays = 30
    private static let interval: Duration = .seconds(3600)
    /// Answers that one transaction lets go.
    private static let batchLimit = 1000

    private let logger: Logger
    private let forget: @Sendable (_ olderThanDays: Int, _ limit: Int) async throws -> Int

    /// - Parameter forget: deletes at most `limit` answers and says how many.
    package init(
        logger: Logger, forget: @escaping @Sendable (_ olderThanDays: Int, _ limit: Int) async throws -> Int
    ) {
        self.logger = logger
        self.forget = forget
    }

    /// Works until the task is cancelled; what fails is tried again an hour later.
    package func run() async {
        while !Task.isCancelled {
            do {
                while !Task.isCancelled, try await forget(Self.keptDays, Self.batchLimit) == Self.batchLimit {}
            } catch {
                logger.warning("old answers not let go", metadata: [LogKey.error: "\(error)"])
            }
            try? await Task.sleep(for: Self.interval)
        }
    }
}
