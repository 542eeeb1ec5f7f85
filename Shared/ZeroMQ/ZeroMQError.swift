internal import CZeroMQ
internal import Glibc

/// Why a ZeroMQ operation did not do what it was asked.
package struct ZeroMQError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Operation: String, Sendable {
        case context, socket, option, bind, unbind, connect, disconnect, subscribe, send, receive, monitor, key
    }

    /// A POSIX error number, or one of libzmq's own.
    package struct Code: RawRepresentable, Sendable, Hashable {
        package let rawValue: CInt
        package init(rawValue: CInt) { self.rawValue = rawValue }

        package static let cancelled = Code(rawValue: ECANCELED)
        package static let timedOut = Code(rawValue: ETIMEDOUT)
        /// The socket or its context was closed.
        package static let closed = Code(rawValue: ENOTSOCK)
        package static let addressInUse = Code(rawValue: EADDRINUSE)
        package static let invalid = Code(rawValue: EINVAL)
        package static let notFound = Code(rawValue: ENOENT)
        /// A CURVE server without a ZAP handler would let everybody in, so it is not opened.
        package static let noAuthentication = Code(rawValue: EACCES)
        package static let tooManySockets = Code(rawValue: EMFILE)

        /// What libzmq says of a context that was shut down: `ZMQ_HAUSNUMERO + 53`.
        static let terminated = Code(rawValue: 156_384_765)
        static let wouldBlock = Code(rawValue: EAGAIN)
        static let interrupted = Code(rawValue: EINTR)
        static let unreachable = Code(rawValue: EHOSTUNREACH)
    }

    package let operation: Operation
    package let code: Code
    /// The endpoint or option that it was about.
    package let detail: String?

    package init(_ operation: Operation, _ code: Code, detail: String? = nil) {
        self.operation = operation
        self.code = code == .terminated ? .closed : code
        self.detail = detail
    }

    /// What the call just made on this thread failed with.
    static func last(_ operation: Operation, detail: String? = nil) -> ZeroMQError {
        ZeroMQError(operation, Code(rawValue: zmq_errno()), detail: detail)
    }

    /// Whether the same call may succeed later.
    package var isRetryable: Bool {
        [.timedOut, .addressInUse, .wouldBlock, .interrupted, .unreachable, .tooManySockets].contains(code)
    }

    package var description: String {
        let reason = unsafe String(cString: zmq_strerror(code.rawValue))
        return "ZeroMQ \(operation.rawValue)\(detail.map { " \($0)" } ?? ""): \(reason) (\(code.rawValue))"
    }
}
