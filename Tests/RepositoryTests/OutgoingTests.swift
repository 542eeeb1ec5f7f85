import Testing

/// There is one way out to addresses that others name: `Shared/Outbound`, which looks where a name leads before it
/// opens a socket. Nothing else opens one to the web, by itself or by another program.
enum Outgoing {
    private static let clients: Set<String> = [
        "AsyncHTTPClient", "FoundationNetworking", "GRPCCore", "HummingbirdTesting", "HummingbirdWSClient", "NIOSSL",
        "NIOTransportServices", "WSClient",
    ]
    /// Words of code that open a connection, or look a name up in order to.
    private static let words = [
        "URLSession", "HTTPClient", "ClientBootstrap", "DatagramBootstrap", "URLRequest", "gethostbyname",
        "getaddrinfo", "curl_easy_init",
    ]
    /// Programs that do it for others.
    private static let programs = ["curl", "wget", "nc", "socat", "openssl"]
    /// Whose names these are is another matter: the store's host is the operator's.
    private static let exceptions = ["Shared/PostgreSQL/OwnThread.swift": ["getaddrinfo"]]

    static func violations(in source: SwiftSource) -> [Violation] {
        guard let target = Layers.target(of: source.path), target != "Outbound" else { return [] }
        let imports = source.imports.filter { clients.contains($0.module) }
            .map { Violation(path: source.path, line: $0.line, what: "\($0.module): call out by Outbound") }
        let forbidden = words.filter { !exceptions[source.path, default: []].contains($0) }
        let usesSystem = source.imports.contains { Layers.operatingSystem.contains($0.module) }
        let calls = source.codeLines.enumerated().flatMap { index, line in
            let said = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
            var found = forbidden.filter(said.contains)
            if usesSystem, line.contains(/(^|[^.\w])(Glibc\.)?connect\(/), !line.contains("func connect(") {
                found.append("connect")
            }
            return found.map { Violation(path: source.path, line: index + 1, what: "\($0): call out by Outbound") }
        }
        let started = source.literals.filter { literal in
            programs.contains { literal.text == $0 || literal.text.hasSuffix("/bin/\($0)") }
        }
        return imports + calls
            + started.map { Violation(path: source.path, line: $0.line, what: "\($0.text): call out by Outbound") }
    }
}

@Suite("Outgoing")
struct OutgoingTests {
    @Test("nothing but Outbound calls out")
    func oneWayOut() {
        let violations = Checkout.current.swiftSources.flatMap(Outgoing.violations)
        #expect(violations.isEmpty, "\(violations.listed)")
    }

    @Test(
        "another way out is seen",
        arguments: [
            ("Services/Intake/A.swift", "import AsyncHTTPClient"),
            ("Services/Admin/A.swift", "internal import FoundationNetworking"),
            ("Services/Admin/A.swift", "let (data, _) = try await URLSession.shared.data(from: url)"),
            ("Services/Notifier/A.swift", "let made = ClientBootstrap(group: group)"),
            ("Services/Notifier/A.swift", "try await run(.name(\"curl\"), arguments: [address])"),
            ("Services/Notifier/A.swift", "let program = \"/usr/bin/wget\""),
            ("Shared/Runtime/A.swift", "let code = getaddrinfo(host, nil, &hints, &list)"),
            ("Shared/Runtime/A.swift", "import Glibc\nlet code = Glibc.connect(socket, address, length)"),
            ("Shared/Media/A.swift", "import Glibc\nguard connect(socket, address, length) == 0 else { return }"),
        ])
    func seen(path: String, text: String) {
        #expect(Outgoing.violations(in: SwiftSource(path: path, text: text + "\n")).count == 1)
    }

    @Test(
        "what only looks like one is none",
        arguments: [
            ("Shared/Outbound/A.swift", "let handle = curl_easy_init()"),
            ("Tests/ServiceTests/A.swift", "import AsyncHTTPClient"),
            ("Services/Intake/A.swift", "// as curl does\nlet name = \"curl/8\""),
            ("Shared/Runtime/A.swift", "import Glibc\ntry await socket.connect(endpoint)"),
            ("Shared/ZeroMQ/A.swift", "import Glibc\npackage func connect(_ endpoint: String) {}"),
        ])
    func allowed(path: String, text: String) {
        #expect(Outgoing.violations(in: SwiftSource(path: path, text: text)).isEmpty)
    }
}
