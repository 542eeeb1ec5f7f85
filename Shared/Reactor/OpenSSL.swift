internal import Glibc

/// OpenSSL, by which libpq and libcurl encrypt. It is in the process where they were built with it; we do not link it
/// ourselves.
package enum OpenSSL {
    private typealias Initialize = @convention(c) (UInt64, OpaquePointer?) -> CInt

    /// Keeps OpenSSL usable until the process has ended; to be read before any of them uses it.
    ///
    /// Else `exit` frees its locks while the threads of reactors still run, and one that closes a connection just then
    /// falls over a lock that is gone.
    package static let outlivesExit: Void = {
        // OPENSSL_INIT_NO_ATEXIT, OPENSSL_init_crypto(3).
        _ = initialize(options: 0x0008_0000)
    }()

    /// False once OpenSSL has been cleaned up; nil where it is not there.
    package static func initialize(options: UInt64 = 0) -> Bool? {
        guard let symbol = unsafe dlsym(nil, "OPENSSL_init_crypto") else { return nil }
        return unsafe unsafeBitCast(symbol, to: Initialize.self)(options, nil) == 1
    }
}
