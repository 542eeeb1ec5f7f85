import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Runtime

extension Request {
    init(
        _ method: HTTPRequest.Method = .get, _ path: String, authority: String? = nil, headers: HTTPFields = [:]
    ) {
        self.init(
            head: HTTPRequest(
                method: method, scheme: "http", authority: authority, path: path, headerFields: headers),
            body: .init(buffer: ByteBuffer()))
    }
}

@Suite struct ClientAddressTests {
    @Test(arguments: [
        ("127.0.0.1", true), ("10.1.2.3", true), ("172.16.0.1", true), ("172.31.255.255", true), ("192.168.1.1", true),
        ("169.254.0.1", true), ("::1", true), ("fd00::1", true), ("fc00::1", true), ("fe80::1", true),
        ("::ffff:10.0.0.1", true), ("8.8.8.8", false), ("172.15.0.1", false), ("172.32.0.1", false),
        ("192.169.0.1", false), ("11.0.0.1", false), ("2001:db8::1", false), ("fe00::1", false), ("::2", false),
        ("::ffff:8.8.8.8", false),
    ])
    func `Private networks are told from the public one`(text: String, isPrivate: Bool) throws {
        #expect(try #require(ClientAddress(text)).isPrivate == isPrivate)
    }

    @Test(arguments: [
        // A peer from the public network says who it is by itself.
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        // Behind the front door the last entry counts: earlier ones are what the client wrote.
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("::1", "1.1.1.1,2001:db8::5", "2001:db8::5"),
        ("127.0.0.1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("127.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "1.1.1.1,", "1.1.1.1"),
    ])
    func `The client is whom a near front door names`(peer: String, header: String, client: String) throws {
        let peer = try #require(ClientAddress(peer))
        #expect(try #require(ClientAddress(client)) == ClientAddress(peer: peer, forwardedFor: header))
    }

    @Test func `Without a header the peer is the client`() throws {
        let peer = try ClientAddress(SocketAddress(ipAddress: "127.0.0.1", port: 80))
        #expect(peer == .v4(0x7f00_0001))
        #expect(ClientAddress(peer: peer, forwardedFor: nil) == peer)
    }

    @Test func `Socket addresses and texts give the same address`() throws {
        for text in ["192.0.2.1", "2001:db8:1:2:3:4:5:6", "::ffff:192.0.2.1"] {
            #expect(try ClientAddress(SocketAddress(ipAddress: text, port: 1)) == ClientAddress(text), "\(text)")
        }
        #expect(try ClientAddress(SocketAddress(unixDomainSocketPath: "/tmp/x")) == .local)
    }

    @Test func `An IPv6 network of 64 bits is one client`() throws {
        let first = try #require(ClientAddress("2001:db8:1:2::1")),
            second = try #require(ClientAddress("2001:db8:1:2:f::9"))
        #expect(first != second && first.network == second.network)
        #expect(first.network != ClientAddress("2001:db8:1:3::1")?.network)
    }
}

@Suite struct OriginTests {
    @Test(arguments: [
        ("https://Lapor.Example.ID/x?y#z", "https://lapor.example.id"), ("http://a:80", "http://a"),
        ("https://a:8443/", "https://a:8443"), ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[::1]", "http://[::1]"),
    ])
    func `An origin is scheme, host and port`(url: String, text: String) {
        #expect(Origin(url)?.text == text)
    }

    @Test(arguments: ["", "null", "ftp://a", "https://", "https://a:b", "https://a:0", "//a", "http://u@a", "a"])
    func `What has no origin has none`(url: String) {
        #expect(Origin(url) == nil)
    }
}

@Suite struct RequestPartsTests {
    @Test(arguments: [
        ("a=1&b=2", ["a": "1", "b": "2"]), ("a=x+y%20z", ["a": "x y z"]), ("a=%C3%A9&%61=2", ["a": "é"]),
        ("a", ["a": ""]), ("a==&&b", ["a": "=", "b": ""]), ("a=%zz%4", ["a": "%zz%4"]), ("", [:]),
        ("a=%41", ["a": "A"]),
    ])
    func `Form fields are decoded`(text: String, fields: [String: String]) {
        let parsed = FormFields(text.utf8)
        for (name, value) in fields { #expect(parsed[name] == value) }
        if fields.isEmpty { #expect(parsed.fields.isEmpty) }
    }

    @Test func `A form holds a bounded number of fields`() {
        #expect(FormFields(String(repeating: "a=1&", count: 5000).utf8).fields.count == FormFields.limit)
    }

    @Test(arguments: [
        ("/", nil, PreferredLanguage.indonesian), ("/?lang=en", nil, .english), ("/?lang=id", "en", .indonesian),
        ("/", "en", .english), ("/?lang=fr", "en", .english), ("/?lang=fr", nil, .indonesian), ("/", "xx", .indonesian),
        ("/?x=1&lang=en", nil, .english),
    ])
    func `The language is the query's, else the cookie's, else Indonesian`(
        path: String, cookie: String?, language: PreferredLanguage
    ) {
        var headers: HTTPFields = [:]
        if let cookie { headers[.cookie] = "other=1; sasando_bahasa=\(cookie)" }
        #expect(PreferredLanguage(Request(.get, path, headers: headers)) == language)
    }

    @Test(arguments: [
        ("/dashboard?lang=en", "sasando_bahasa=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"),
        ("/?x=1&lang=id", "sasando_bahasa=id; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"),
        ("/?lang=fr", nil), ("/", nil),
    ])
    func `The language that the query asks for is remembered`(path: String, cookie: String?) {
        var response = Response(status: .ok)
        response.rememberLanguage(of: Request(.get, path), isSecure: false)
        #expect(response.headers[.setCookie] == cookie)
    }

    @Test(arguments: [("Strict", true), ("Strict", false), ("Lax", true), ("Lax", false)])
    func `Every cookie is out of scripts' reach and other sites', and travels by TLS alone where there is TLS`(
        sameSite: String, isSecure: Bool
    ) throws {
        var response = Response(status: .ok)
        response.setCookie("a", "b", seconds: 60, isSecure: isSecure, sameSite: sameSite)
        let cookie = try #require(response.headers[.setCookie])
        #expect(cookie == "a=b; Path=/; Max-Age=60; HttpOnly; SameSite=\(sameSite)" + (isSecure ? "; Secure" : ""))
    }

    @Test func `Cookies are found by their whole name`() {
        let request = Request(.get, "/", headers: [.cookie: "xab=1; ab=\"2\"; abc=3; e="])
        #expect(request.cookie("ab") == "2")
        #expect(request.cookie("abc") == "3")
        #expect(request.cookie("e") == "")
        #expect(request.cookie("b") == nil)
    }

    @Test(arguments: [
        (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_795_484_107, "Tue, 24 Nov 2026 01:35:07 GMT"), (951_826_554, "Tue, 29 Feb 2000 12:15:54 GMT"),
    ])
    func `Dates are written as HTTP wants them`(second: Int64, text: String) {
        #expect(HTTPDate.text(second) == text)
    }

    @Test func `An asset that the client has is not sent again`() {
        func answer(_ match: String?) -> Response {
            var headers: HTTPFields = [:]
            if let match { headers[.ifNoneMatch] = match }
            return .asset(
                Array("body".utf8), contentType: "text/css", entityTag: "\"abc\"",
                cacheControl: "public, max-age=31536000, immutable", for: Request(.get, "/a.css", headers: headers))
        }
        #expect(answer(nil).status == .ok)
        #expect(answer("\"x\"").headers[.contentType] == "text/css")
        for match in ["\"abc\"", "\"x\", \"abc\"", "W/\"abc\"", "*"] {
            let response = answer(match)
            #expect(response.status == .notModified && response.headers[.eTag] == "\"abc\"", "\(match)")
            #expect(response.headers[.cacheControl]?.contains("immutable") == true)
        }
    }
}
