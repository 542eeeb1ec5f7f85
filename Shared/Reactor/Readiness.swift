internal import CReactor
internal import Glibc

extension Reactor {
    /// What a descriptor is watched for, and what it turned out to be ready for.
    package struct Readiness: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let readable = Readiness(rawValue: 1)
        package static let writable = Readiness(rawValue: 2)
        package static let either: Readiness = [.readable, .writable]
        /// Error, hang-up or a closed descriptor; reported whether or not it was asked for.
        package static let failed = Readiness(rawValue: 4)
    }
}

extension Reactor.Readiness {
    /// The `events` of a `pollfd`.
    var events: Int16 {
        (contains(.readable) ? Int16(POLLIN) : 0) | (contains(.writable) ? Int16(POLLOUT) : 0)
    }

    /// From the `revents` of a `pollfd`.
    init(returned: Int16) {
        var readiness: Self = []
        if returned & Int16(POLLIN) != 0 { readiness.insert(.readable) }
        if returned & Int16(POLLOUT) != 0 { readiness.insert(.writable) }
        if returned & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { readiness.insert(.failed) }
        self = readiness
    }
}
