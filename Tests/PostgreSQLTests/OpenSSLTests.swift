import Glibc
import Logging
import Reactor
import Testing

@testable import PostgreSQL

@Suite(.timeLimit(.minutes(1))) struct OpenSSLTests {
    @Test func `connections can still be closed while the process ends`() async {
        #expect(OpenSSL.initialize() == true, "libpq is built without OpenSSL: this tests nothing")
        await #expect(processExitsWith: .success) {
            // Handlers run in the opposite order: this one after OpenSSL's own, if there is one.
            atexit { if OpenSSL.initialize() == false { _exit(1) } }
            // The first step of a connection, as `PostgresConnection` takes it.
            #expect(throws: PostgresError.self) {
                try Wire(parameters: [("nonsense", "")], notices: NoticeSink(logger: Logger(label: "test")))
            }
            // OPENSSL_INIT_LOAD_CRYPTO_STRINGS: what libpq does when a server agrees to encrypt does it too.
            #expect(OpenSSL.initialize(options: 0x2) == true)
            exit(0)
        }
    }
}
