import Domain
import Testing

@Suite("Addresses that strangers name")
struct NetworkTests {
    @Test(
        "Whether an address is one of the public internet",
        arguments: [
            ("8.8.8.8", true), ("103.28.12.1", true), ("172.15.0.1", true), ("172.32.0.1", true),
            ("100.63.255.255", true), ("2606:4700::1111", true), ("2400:6180::1", true),
            ("127.0.0.1", false), ("127.255.0.3", false), ("10.0.0.1", false), ("172.16.0.1", false),
            ("172.31.255.255", false), ("192.168.1.1", false), ("169.254.169.254", false), ("100.64.0.1", false),
            ("0.0.0.0", false), ("224.0.0.1", false), ("255.255.255.255", false), ("198.18.0.1", false),
            ("192.0.2.1", false), ("::1", false), ("::", false), ("fe80::1", false), ("fc00::1", false),
            ("fd12:3456::1", false), ("ff02::1", false), ("::ffff:8.8.8.8", false), ("64:ff9b::8.8.8.8", false),
            ("2002:7f00:1::", false), ("2001:db8::1", false), ("2001::1", false), ("10.255.255.255", false),
            ("192.168.255.255", false), ("100.127.255.255", false), ("239.255.255.250", false), ("240.0.0.1", false),
            ("febf::1", false), ("fec0::1", false), ("fdff:ffff::1", false), ("::127.0.0.1", false),
            ("::ffff:127.0.0.1", false), ("64:ff9b::10.0.0.1", false), ("64:ff9b:1::10.0.0.1", false),
            ("2002:a00:1::", false), ("2002:c0a8:101::1", false), ("11.0.0.1", true), ("9.255.255.255", true),
            ("128.0.0.1", true), ("169.253.255.255", true), ("192.167.255.255", true), ("100.128.0.1", true),
        ])
    func publicity(text: String, isPublic: Bool) throws {
        let address = try #require(NetworkAddress(text: text))
        #expect(AddressPolicy().permits(address) == isPublic)
    }

    @Test(
        "What is no address",
        arguments: [
            "", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "0x7f.0.0.1", ":::", "1::2::3",
            "12345::", "::1%lo", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "+1::",
        ])
    func malformed(text: String) { #expect(NetworkAddress(text: text) == nil) }

    @Test("An operator may allow what is not public, and no more than that")
    func allowed() throws {
        let policy = AddressPolicy(allowed: [try #require(NetworkBlock(text: "10.20.0.0/15"))])
        for (text, isAllowed) in [
            ("10.20.0.1", true), ("10.21.255.255", true), ("10.22.0.0", false), ("10.19.0.1", false),
        ] {
            #expect(policy.permits(try #require(NetworkAddress(text: text))) == isAllowed, "\(text)")
        }
        #expect(NetworkBlock(text: "10.0.0.0/33") == nil && NetworkBlock(text: "kota/8") == nil)
    }

    @Test(
        "An address on the web is https, with a host that could be public",
        arguments: [
            ("https://fcm.googleapis.com/fcm/send/abc:def", true), ("https://push.example.org:8443/a?b=c%20d", true),
            ("HTTPS://Push.Example.ORG/x", true), ("https://8.8.8.8/", true), ("https://[2606:4700::1111]/", true),
            ("http://push.example.org/", false), ("https://u:p@push.example.org/", false), ("https://push/", false),
            ("https://localhost/", false), ("https://a.localhost/", false), ("https://printer.local/", false),
            ("https://store.internal/", false), ("https://127.0.0.1/", false), ("https://[::1]/", false),
            ("https://2130706433/", false), ("https://127.1/", false), ("https://0x7f.0.0.1/", false),
            ("https://0x7f.1/", false), ("https://017700000001/", false), ("https://0177.0.0.1/", false),
            ("https://127.0.0.1./", false), ("https://localhost./", false), ("https://[::ffff:127.0.0.1]/", false),
            ("https://10.0.0.8:5432/", false), ("https://push.example.org/#a", false),
            ("https://push.example.org/ä", false),
            ("https://push.example.org/a b", false), ("https://push.example.org:0/", false),
            ("https://push.example.org:99999/", false), ("https://-a.example.org/", false),
            ("ftp://push.example.org/", false),
            ("https://push.example.org\\@127.0.0.1/", false), ("", false),
        ])
    func webAddress(text: String, isGood: Bool) {
        #expect((WebAddress(text)?.isPermitted(by: AddressPolicy()) ?? false) == isGood)
    }

    @Test(
        "With networks allowed a name may be one of the operator's own, and is a name all the same",
        arguments: [
            ("http://localhost:9090/", true), ("http://receiver:8080/", true), ("https://desk.dlhk.internal/", true),
            ("https://printer.local/", true), ("https://push.example.org/", true), ("https://10.0.0.8/", true),
            ("http://8.8.8.8/", false), ("https://127.0.0.1/", false), ("https://[::1]/", false),
            ("https://2130706433/", false), ("https://0x7f000001/", false), ("https://0/", false),
            ("https://127.1/", false), ("https://localhost./", false), ("https://-a/", false), ("https:///", false),
            ("https://.local/", false),
        ])
    func ownNames(text: String, isGood: Bool) throws {
        let policy = AddressPolicy(allowed: [try #require(NetworkBlock(text: "10.0.0.0/8"))])
        #expect((WebAddress(text, allowsPlain: true)?.isPermitted(by: policy) ?? false) == isGood)
    }

    @Test("An origin names the port only where it is not the usual one, and is written alike")
    func origin() {
        #expect(WebAddress("https://Push.example.org:443/x")?.origin == "https://push.example.org")
        #expect(WebAddress("https://push.example.org:8443")?.origin == "https://push.example.org:8443")
        #expect(WebAddress("https://[2606:4700::1111]:8443/")?.origin == "https://[2606:4700::1111]:8443")
        #expect(WebAddress("https://push.example.org/" + String(repeating: "a", count: 1_000)) == nil)
    }

    @Test(
        "Retry-After is a number of seconds or a date",
        arguments: [
            ("120", 120), ("0", 0), ("-5", 0), ("Fri, 27 Nov 2026 11:01:40 GMT", 100),
            ("Fri, 27 Nov 2026 10:00:00 GMT", 0), ("soon", nil), ("Fri, 27 Foo 2026 11:01:40 GMT", nil), ("", nil),
        ] as [(String, Int?)])
    func retryAfter(text: String, seconds: Int?) throws {
        let now = try #require(Timestamp(rfc3339: "2026-11-27T11:00:00Z"))
        #expect(RetryAfter.seconds(text, at: now) == seconds)
    }
}
