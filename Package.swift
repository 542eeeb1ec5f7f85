// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
/// For the targets that face C: every use of an unsafe construct is marked.
let facingC = strict + [.strictMemorySafety()]

// The libraries outside this package, by the name that a target lists them under.
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A service's executable: it may use everything below it, and no other service.
func service(_ folder: String, extra: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: folder,
        dependencies: [
            "Domain", "PostgreSQL", "Reactor", "Runtime", "Storage", "Streams", "Telemetry", "ZeroMQ",
            lifecycle, logging, metrics, coreMetrics,
        ] + extra,
        path: "Services/\(folder)",
        swiftSettings: strict
    )
}

func tests(_ folder: String, of dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: folder,
        dependencies: ["TestSupport", "TestTraits"] + dependencies,
        path: "Tests/\(folder)",
        swiftSettings: strict
    )
}

let web: [Target.Dependency] = ["Pages", hummingbird, httpTypes, nioCore]

let package = Package(
    name: "sasando",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "sasando-intake", targets: ["Intake"]),
        .executable(name: "sasando-routing", targets: ["Routing"]),
        .executable(name: "sasando-notifier", targets: ["Notifier"]),
        .executable(name: "sasando-analytics", targets: ["Analytics"]),
        .executable(name: "sasandoctl", targets: ["Admin"]),
        .executable(name: "sasando-media", targets: ["MediaWorker"]),
        .executable(name: "sasando-bench", targets: ["Bench"]),
        .executable(name: "sasando-faults", targets: ["Faults"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms.git", from: "1.1.4"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    targets: [
        // L0: pure, and the C libraries' modules
        .target(name: "Domain", dependencies: [crypto], path: "Shared/Domain", swiftSettings: strict),
        .systemLibrary(
            name: "CPostgreSQL", path: "Shared/CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZeroMQ", path: "Shared/CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CReactor", path: "Shared/CReactor"),
        .systemLibrary(
            name: "CVips", path: "Shared/CVips", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
        .systemLibrary(name: "CCurl", path: "Shared/CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CQRCode", path: "Shared/CQRCode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(
            name: "CXML2", path: "Shared/CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),

        // L1
        .target(name: "Reactor", dependencies: ["CReactor"], path: "Shared/Reactor", swiftSettings: facingC),
        .target(
            name: "Telemetry", dependencies: [logging, metrics, coreMetrics], path: "Shared/Telemetry",
            swiftSettings: strict),

        // L2: one wrapper for each C library
        .target(
            name: "PostgreSQL",
            dependencies: ["CPostgreSQL", "Domain", "Reactor", "Telemetry", collections, logging, metrics],
            path: "Shared/PostgreSQL", swiftSettings: facingC),
        .target(
            name: "ZeroMQ", dependencies: ["CZeroMQ", "Reactor", "Telemetry", collections, logging, metrics],
            path: "Shared/ZeroMQ", swiftSettings: facingC),
        .target(
            name: "Outbound", dependencies: ["CCurl", "Domain", "Reactor", "Telemetry"], path: "Shared/Outbound",
            swiftSettings: facingC),
        .target(name: "QRCode", dependencies: ["CQRCode", "Domain"], path: "Shared/QRCode", swiftSettings: facingC),
        .target(name: "XML", dependencies: ["CXML2"], path: "Shared/XML", swiftSettings: facingC),

        .target(name: "Vips", dependencies: ["CVips", "Domain"], path: "Shared/Vips", swiftSettings: facingC),

        // L3
        .target(
            name: "Media",
            dependencies: [
                "Domain", "Telemetry", collections, crypto, lifecycle, logging, nioPosix, subprocess, systemPackage,
            ],
            path: "Shared/Media", swiftSettings: strict),
        .target(
            name: "Streams", dependencies: ["Domain", "PostgreSQL", "ZeroMQ", "Telemetry", logging, metrics],
            path: "Shared/Streams", swiftSettings: strict),
        .target(
            name: "Storage", dependencies: ["Domain", "PostgreSQL", "Streams", "Telemetry", logging],
            path: "Shared/Storage", resources: [.embedInCode("Migrations")], swiftSettings: strict),

        // L4
        .target(
            name: "Runtime",
            dependencies: [
                "Domain", "Media", "Outbound", "PostgreSQL", "Reactor", "Storage", "Streams", "Telemetry", "ZeroMQ",
                hummingbird, httpTypes, nioCore, lifecycle, configuration, logging, metrics, crypto,
            ],
            path: "Shared/Runtime", swiftSettings: strict),
        .target(
            name: "Pages", dependencies: ["Domain", mustache], path: "Shared/Pages",
            resources: [.embedInCode("Templates"), .embedInCode("Assets"), .embedInCode("Texts")],
            swiftSettings: strict),

        .target(
            name: "Contract", dependencies: ["Domain", crypto], path: "Shared/Contract",
            resources: [.embedInCode("OpenAPI"), .embedInCode("AsyncAPI"), .embedInCode("Schemas")],
            swiftSettings: strict),

        // L5
        service("Intake", extra: web + ["Contract", "Media", "Outbound", "QRCode", "XML", crypto, collections]),
        service("Routing", extra: [hummingbird]),
        service("Notifier", extra: web + ["Media", "Outbound", crypto, collections]),
        service("Analytics", extra: web + [collections]),
        service("Admin", extra: ["Media", "Outbound", argumentParser, crypto, yams]),
        .executableTarget(
            name: "MediaWorker", dependencies: ["Vips"], path: "Services/MediaWorker", swiftSettings: strict),

        // Tests, and the load generator of ops/bench
        .target(
            name: "TestSupport",
            dependencies: [
                "Domain", "PostgreSQL", "Reactor", "Storage", "Streams", "Runtime", asyncHTTPClient, subprocess,
                nioCore, nioHTTP1,
            ],
            path: "Tests/TestSupport",
            exclude: [
                "Channels/chat_provider.py", "Ingress/ingress_client.py", "Push/push_service.py",
                "Open311/open311_clients.py", "Open311/schemas.json", "Stream/stream_client.py",
                "Stream/sse_clients.py",
                "Webhooks/webhook_receiver.py",
            ],
            swiftSettings: strict),
        // Apart, since what imports Testing cannot be linked as the services are.
        .target(
            name: "TestTraits", dependencies: ["TestSupport"], path: "Tests/TestTraits", swiftSettings: strict),
        tests("DomainTests", of: ["Domain", crypto]),
        tests("ReactorTests", of: ["Reactor"]),
        tests("TelemetryTests", of: ["Telemetry", logging, metrics]),
        tests("PostgreSQLTests", of: ["PostgreSQL", "Reactor", logging]),
        tests("ZeroMQTests", of: ["ZeroMQ", "Reactor"]),
        tests("StreamsTests", of: ["Streams", "Storage", "PostgreSQL", "ZeroMQ", "Reactor", "Domain", logging]),
        tests("StorageTests", of: ["Storage", "Streams", "PostgreSQL", "Reactor", "Domain", crypto]),
        tests("RuntimeTests", of: ["Runtime", "Media", "Storage", "PostgreSQL", "Reactor", hummingbird, logging]),
        tests("MediaTests", of: ["Media", "Domain", lifecycle, logging]),
        tests("ContractTests", of: ["Contract", "Domain"]),
        tests("PagesTests", of: ["Pages", "Domain", "QRCode"]),
        tests(
            "ServiceTests",
            of: [
                "Intake", "Routing", "Notifier", "Analytics", "Admin", "Contract", "Domain", "Storage", "Streams",
                "PostgreSQL", "Runtime", "Media", "Outbound", "Pages", "QRCode", "Reactor", "XML", "ZeroMQ", "CCurl",
                logging,
            ]),
        tests(
            "EndToEndTests",
            of: [
                "Domain", "PostgreSQL", "Reactor", "Telemetry", asyncHTTPClient, logging, nioCore, nioHTTP1, subprocess,
            ]),
        tests("BrowserTests", of: ["Domain", asyncHTTPClient, nioCore, nioHTTP1, subprocess]),
        tests("ComposeTests", of: ["Domain", asyncHTTPClient, nioCore, nioHTTP1]),
        tests("RepositoryTests", of: []),
        .executableTarget(
            name: "Bench",
            dependencies: [
                "TestSupport", "Domain", "PostgreSQL", "Reactor", "Storage", "ZeroMQ", argumentParser, logging,
                subprocess,
            ],
            path: "Tests/Bench", swiftSettings: strict),
        .executableTarget(
            name: "Faults",
            dependencies: [
                "TestSupport", "Domain", "PostgreSQL", "Reactor", "ZeroMQ", argumentParser, logging, nioCore, nioPosix,
            ],
            path: "Tests/Faults", swiftSettings: strict),
    ]
)
