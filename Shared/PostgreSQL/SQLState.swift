/// A five-character error code (PostgreSQL's documentation, appendix A).
package struct SQLState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { rawValue = value }

    /// The first two characters, which name the class of the error: `23` is a violated constraint.
    package var errorClass: Substring { rawValue.prefix(2) }
    package var description: String { rawValue }

    package static let uniqueViolation: SQLState = "23505"
    package static let foreignKeyViolation: SQLState = "23503"
    package static let notNullViolation: SQLState = "23502"
    package static let checkViolation: SQLState = "23514"
    package static let serializationFailure: SQLState = "40001"
    package static let deadlockDetected: SQLState = "40P01"
    package static let lockNotAvailable: SQLState = "55P03"
    package static let queryCanceled: SQLState = "57014"
    package static let insufficientPrivilege: SQLState = "42501"
    package static let undefinedTable: SQLState = "42P01"
    package static let inFailedTransaction: SQLState = "25P02"
    package static let idleInTransactionTimeout: SQLState = "25P03"
    package static let readOnlyTransaction: SQLState = "25006"
    package static let unknownStatement: SQLState = "26000"
    package static let featureNotSupported: SQLState = "0A000"

    /// The data are at fault (classes 22 and 23): a retry of the same rows fails the same way.
    package var isDataError: Bool { errorClass == "22" || errorClass == "23" }

    /// The server or other sessions are at fault, and the same work may succeed later.
    package var isTransient: Bool {
        switch self {
        case .serializationFailure, .deadlockDetected, .lockNotAvailable, .queryCanceled,
            .idleInTransactionTimeout, .readOnlyTransaction, .unknownStatement:
            true
        default:
            errorClass == "08" || errorClass == "53" || rawValue.hasPrefix("57P0")
        }
    }
}
