// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that Sasando needs neither broker's client library. `ops/bench --peers` builds it.

let facingC: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

let package = Package(
    name: "sasando-peers",
    products: [.executable(name: "sasando-peers", targets: ["Peers"])],
    targets: [
        .systemLibrary(name: "CRabbitMQ", path: "CRabbitMQ", providers: [.apt(["librabbitmq-dev"])]),
        .systemLibrary(name: "CNATS", path: "CNATS", providers: [.apt(["libnats-dev"])]),
        .executableTarget(name: "Peers", dependencies: ["CRabbitMQ", "CNATS"], path: "Peers", swiftSettings: facingC),
    ]
)
