import CCurl
import Domain
import Glibc
import Reactor
import TestSupport
import Testing

@testable import Outbound

/// Which addresses are called and which never, whatever a name leads to: what counts is whether a socket is opened.
@Suite("Where we call", .serialized, .timeLimit(.minutes(2)))
struct OutboundAddressTests {
    /// Of every kind that nobody on the internet could have: private, local, and IPv4 inside of IPv6.
    static let closed = [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
        "192.168.0.1", "192.168.255.255", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1",
        "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "febf::1",
        "fec0::1", "fc00::1", "fdff:ffff::1", "ff02::1", "ff0e::1", "::127.0.0.1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1",
        "2002:7f00:1::1", "2002:a00:1::1", "2002:c0a8:101::1", "2001:0:7f00:1::1", "2001:db8::1",
    ]

    /// A port of 127.0.0.1, and who has knocked there.
    private final class Port {
        let descriptor: CInt
        let number: Int

        init() throws { (descriptor, number) = try RawSocket.listener() }
        deinit { close(descriptor) }

        /// Whether somebody has come since this was asked last.
        func wasKnocked() -> Bool {
            let visitor = accept(descriptor, nil, nil)
            if visitor >= 0 { close(visitor) }
            return visitor >= 0
        }
    }

    private static func policy(allowing blocks: [String]) -> AddressPolicy {
        AddressPolicy(allowed: blocks.compactMap { NetworkBlock(text: $0) })
    }

    /// What comes of calling a name that leads to these addresses; nil for an answer.
    private static func call(
        _ addresses: [String], _ port: Int, allowing blocks: [String] = []
    ) throws -> OutboundError.Kind? {
        try call(addresses, "https://kantor.example.org:\(port)/", allowing: blocks)
    }

    /// The same of the name in an address.
    private static func call(
        _ addresses: [String], _ text: String, allowing blocks: [String]
    ) throws -> OutboundError.Kind? {
        let address = try #require(WebAddress(text, allowsPlain: true))
        let policy = OutboundPolicy(addresses: policy(allowing: blocks))
        #expect(address.isPermitted(by: policy.addresses), "the text tells nothing")
        let request = OutboundRequest(.get, address, timeout: .milliseconds(400))
        // As the client does before its first request.
        OpenSSL.outlivesExit
        let transfer = try #require(Transfer(request, policy))
        let written = addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
        let answers = curl_slist_append(nil, "\(address.host):\(address.port):\(written)")
        defer { curl_slist_free_all(answers) }
        _ = curl_set_list(transfer.handle, CURLOPT_RESOLVE, answers)
        switch transfer.outcome(curl_easy_perform(transfer.handle)) {
        case .success: return nil
        case .failure(let error): return error.kind
        }
    }

    @Test func `a name that leads to an address of ours opens no socket`() throws {
        let port = try Port()
        for address in Self.closed {
            #expect(try Self.call([address], port.number) == .forbidden, "\(address)")
            #expect(!port.wasKnocked(), "\(address)")
        }
        // The same way, where it is allowed: somebody is there, who never says a word.
        #expect(try Self.call(["127.0.0.1"], port.number, allowing: ["127.0.0.1"]) == .timedOut)
        #expect(port.wasKnocked())
    }

    @Test func `of several addresses of a name only those are called that may be`() throws {
        let port = try Port()
        // Nobody has 192.0.2.1; allowed, it stands for a host on the internet.
        for addresses in [["192.0.2.1", "127.0.0.1"], ["127.0.0.1", "192.0.2.1"], ["::1", "127.0.0.1", "192.0.2.1"]] {
            #expect(try Self.call(addresses, port.number, allowing: ["192.0.2.0/24"]) != nil)
            #expect(!port.wasKnocked(), "\(addresses)")
        }
        #expect(try Self.call(["10.0.0.1", "127.0.0.1"], port.number, allowing: ["127.0.0.1"]) == .timedOut)
        #expect(port.wasKnocked())
    }

    @Test func `an address of ours in place of a name is refused, however it is written`() async throws {
        let port = try Port()
        let client = OutboundClient(policy: OutboundPolicy(), reactor: Reactor(name: "test-closed"))
        for address in Self.closed {
            let host = address.contains(":") ? "[\(address)]" : address
            let read = try #require(WebAddress("https://\(host):\(port.number)/"), "\(address)")
            await #expect(throws: OutboundError(.forbidden), "\(address)") {
                _ = try await client.send(OutboundRequest(.get, read))
            }
        }
        for host in [
            "2130706433", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "0177.0.0.01", "127.1",
            "127.0.1", "127.0.0.1.", "127.0.0.0x1", "0", "localhost.", "[::1%25lo]", "[::ffff:0x7f.1]",
            "%31%32%37.0.0.1", "①②⑦.0.0.1", "127。0。0。1",
        ] {
            for scheme in ["https", "http"] {
                let text = "\(scheme)://\(host):\(port.number)/"
                #expect(WebAddress(text, allowsPlain: true) == nil, "\(text)")
            }
        }
        for host in ["localhost", "LOCALHOST", "a.localhost", "receiver", "desk.dlhk.internal", "printer.local"] {
            for scheme in ["https", "http"] {
                let read = try #require(WebAddress("\(scheme)://\(host):\(port.number)/", allowsPlain: true), "\(host)")
                await #expect(throws: OutboundError(.forbidden), "\(scheme)://\(host)") {
                    _ = try await client.send(OutboundRequest(.get, read))
                }
            }
        }
        #expect(!port.wasKnocked())
    }

    @Test func `with networks allowed a name of ours is called where it leads into them, and nowhere else`() throws {
        let port = try Port()
        for host in ["localhost", "receiver", "desk.dlhk.internal"] {
            for scheme in ["https", "http"] {
                let text = "\(scheme)://\(host):\(port.number)/"
                #expect(try Self.call(["127.0.0.1"], text, allowing: ["10.0.0.0/8"]) == .forbidden, "\(text)")
                #expect(try Self.call(["127.0.0.1", "::1"], text, allowing: ["192.0.2.0/24"]) == .forbidden, "\(text)")
                #expect(!port.wasKnocked(), "\(text)")
                #expect(try Self.call(["127.0.0.1"], text, allowing: ["127.0.0.0/8"]) == .timedOut, "\(text)")
                #expect(port.wasKnocked(), "\(text)")
            }
        }
    }

    /// The same of the one name that leads to us without any look-up, by the client itself.
    @Test func `localhost is called where the operator allows it, and else never`() async throws {
        let port = try Port()
        let address = try #require(WebAddress("http://localhost:\(port.number)/", allowsPlain: true))
        let request = OutboundRequest(.get, address, timeout: .milliseconds(400))
        for (allowed, kind) in [("10.0.0.0/8", OutboundError.Kind.forbidden), ("127.0.0.1", .timedOut)] {
            let policy = OutboundPolicy(addresses: Self.policy(allowing: [allowed]))
            let client = OutboundClient(policy: policy, reactor: Reactor(name: "test-localhost"))
            let error = await #expect(throws: OutboundError.self) { _ = try await client.send(request) }
            #expect(error?.kind == kind && port.wasKnocked() == (kind == .timedOut), "\(allowed)")
        }
    }
}
