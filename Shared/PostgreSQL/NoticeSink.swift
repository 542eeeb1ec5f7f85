internal import CPostgreSQL
internal import Logging

/// Takes the server's notices, which libpq would print to standard error.
///
/// Only used on the thread of the connection it belongs to.
final class NoticeSink {
    private let logger: Logger
    /// What the server said when it ended the session while nothing was asked of it.
    private(set) var lastFatal: (sqlState: SQLState, message: String)?

    init(logger: Logger) {
        self.logger = logger
    }

    @unsafe func receive(_ result: OpaquePointer) {
        func field(_ letter: Character) -> String? {
            unsafe PQresultErrorField(result, CInt(letter.asciiValue ?? 0)).map { unsafe String(cString: $0) }
        }
        let severity = field("V") ?? "NOTICE"
        let message = field("M") ?? ""
        if severity == "FATAL" || severity == "PANIC" {
            lastFatal = (SQLState(rawValue: field("C") ?? "XX000"), message)
        }
        logger.debug("PostgreSQL notice", metadata: ["severity": "\(severity)", "notice": "\(message)"])
    }
}
