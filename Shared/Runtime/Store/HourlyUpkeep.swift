package import Logging
internal import Telemetry

/// Lets go of what is too old to be asked for, once an hour, a bounded number of rows a transaction.
package struct HourlyUpkeep: Sendable {
    private static let interval: Duration = .seconds(3600)
    /// Rows that one transaction lets go.
    private static let batchLimit = 1000

    private let what: String
    private let logger: Logger
    private let forget: @Sendable (_ limit: Int) async throws -> Int

    /// - Parameters:
    ///   - what: is let go of, as the log says it.
    ///   - forget: deletes at most `limit` rows and says how many.
    package init(
        of what: String, logger: Logger, forget: @escaping @Sendable (_ limit: Int) async throws -> Int
    ) {
        self.what = what
        self.logger = logger
        self.forget = forget
    }

    /// Works until the task is cancelled; what fails is tried again an hour later.
    package func run() async {
        while !Task.isCancelled {
            do {
                while !Task.isCancelled, try await forget(Self.batchLimit) == Self.batchLimit {}
            } catch {
                logger.warning("old \(what) not let go", metadata: [LogKey.error: "\(error)"])
            }
            try? await Task.sleep(for: Self.interval)
        }
    }
}
