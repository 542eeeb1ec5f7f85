import Domain
import Foundation
import Logging
import Testing

@testable import Runtime

private struct SampleConfiguration: ServiceConfiguration {
    var runtime: RuntimeSettings
    var secret: Secret
    var batch: Int
    var agency: AgencyCode
    var isLoud: Bool

    init(_ keys: inout ConfigurationKeys) {
        runtime = RuntimeSettings(&keys, httpPort: 8081)
        secret = keys.secretKey("SASANDO_SAMPLE_SECRET_FILE", bytes: 32, "A key.")
        batch = keys.int("SASANDO_SAMPLE_BATCH", default: 500, in: 1...1000, unit: "rows", "Rows in a batch.")
        agency = keys.code("SASANDO_AGENCY", "The agency.")
        isLoud = keys.flag("SASANDO_SAMPLE_LOUD", default: false, "Whether it is loud.")
    }
}

/// A file with a mode, removed with the value.
private final class SecretOnDisk {
    let path: String

    init(_ text: String, mode: Int) throws {
        path = NSTemporaryDirectory() + "sasando-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct ConfigurationTests {
    private static let hex = String(repeating: "0f", count: 32)

    private func read(_ environment: [String: String]) -> Result<SampleConfiguration, ConfigurationError> {
        var keys = ConfigurationKeys(environment: environment)
        return Result { () throws(ConfigurationError) in try SampleConfiguration.read(&keys) }
    }

    private func faults(_ environment: [String: String]) -> [String: String] {
        guard case .failure(let error) = read(environment) else { return [:] }
        return Dictionary(error.faults.map { ($0.name, $0.text) }, uniquingKeysWith: { $0 + $1 })
    }

    private func environment(_ changes: [String: String], secret: SecretOnDisk) -> [String: String] {
        [
            "SASANDO_STORE_URL": "postgresql://sasando_intake@db:5432/sasando", "SASANDO_AGENCY": "dlhk",
            "SASANDO_SAMPLE_SECRET_FILE": secret.path,
        ].merging(changes) { $1 }
    }

    @Test func `What is set is read, the rest has its defaults`() throws {
        let secret = try SecretOnDisk(Self.hex + "\n", mode: 0o600)
        let settings = try read(
            environment(
                [
                    "SASANDO_HTTP_PORT": "0", "SASANDO_PUBLIC_URL": "https://lapor.example.id/",
                    "SASANDO_LOG_LEVEL": "debug", "SASANDO_STOP_TIMEOUT": "2.5", "SASANDO_SAMPLE_LOUD": "yes",
                    "SASANDO_SAMPLE_BATCH": "",
                ], secret: secret)
        ).get()
        #expect(settings.runtime.http.port == 0 && settings.runtime.http.host == "127.0.0.1")
        #expect(settings.runtime.http.publicURL == "https://lapor.example.id")
        #expect(settings.runtime.logLevel == .debug && settings.runtime.stopTimeout == .milliseconds(2500))
        #expect(settings.batch == 500 && settings.agency == "dlhk" && settings.isLoud)
        #expect(settings.secret.bytes == [UInt8](repeating: 15, count: 32))
        #expect(settings.runtime.store.password == nil && settings.runtime.store.connections == 4)
    }

    @Test func `All faults are found at once`() throws {
        let faults = faults([
            "SASANDO_HTTP_PORT": "eighty", "SASANDO_LOG_LEVEL": "loud", "SASANDO_SAMPLE_BATCH": "1001",
            "SASANDO_SAMPLE_LOUD": "perhaps", "SASANDO_AGENCY": "DLHK!", "SASANDO_PUBLIC_URL": "lapor",
            "SASANDO_STOP_TIMEOUT": "0", "SASANDO_SAMPLE_SECRET_FILE": "/does/not/exist",
        ])
        #expect(
            Set(faults.keys) == [
                "SASANDO_HTTP_PORT", "SASANDO_LOG_LEVEL", "SASANDO_SAMPLE_BATCH", "SASANDO_SAMPLE_LOUD",
                "SASANDO_AGENCY", "SASANDO_PUBLIC_URL", "SASANDO_STOP_TIMEOUT", "SASANDO_SAMPLE_SECRET_FILE",
                "SASANDO_STORE_URL",
            ])
        #expect(faults["SASANDO_HTTP_PORT"]?.contains("\"eighty\" is not a whole number from 0 to 65535") == true)
        #expect(faults["SASANDO_STORE_URL"] == "is not set")
        #expect(faults["SASANDO_SAMPLE_SECRET_FILE"]?.contains("No such file") == true)
    }

    @Test(arguments: [
        ("postgresql://u:geheim@db/x", "password"), ("postgresql://u@db/x?password=geheim", "password"),
        ("mysql://geheim@db/x", "postgresql://"),
    ])
    func `A store address at fault is explained and never repeated`(url: String, part: String) throws {
        let secret = try SecretOnDisk(Self.hex, mode: 0o600)
        let text = try #require(faults(environment(["SASANDO_STORE_URL": url], secret: secret))["SASANDO_STORE_URL"])
        #expect(text.contains(part) && !text.contains("geheim"))
    }

    @Test(arguments: [0o604, 0o602, 0o620, 0o644, 0o666, 0o660])
    func `A secret that others may read, or change, is refused`(mode: Int) throws {
        let secret = try SecretOnDisk(Self.hex, mode: mode)
        let text = try #require(faults(environment([:], secret: secret))["SASANDO_SAMPLE_SECRET_FILE"])
        #expect(text.contains("chmod 600") && text.contains("0" + String(mode, radix: 8)) && !text.contains(Self.hex))
    }

    @Test func `A secret that its group may read gives a warning`() throws {
        let secret = try SecretOnDisk(Self.hex, mode: 0o640)
        var keys = ConfigurationKeys(environment: environment([:], secret: secret))
        _ = try SampleConfiguration.read(&keys)
        #expect(keys.warnings.count == 1 && keys.warnings[0].contains("SASANDO_SAMPLE_SECRET_FILE"))
    }

    @Test(arguments: ["", "\n", "xyz", String(repeating: "0f", count: 31), String(repeating: "0g", count: 32)])
    func `A key of another shape is refused`(text: String) throws {
        let secret = try SecretOnDisk(text, mode: 0o600)
        #expect(faults(environment([:], secret: secret))["SASANDO_SAMPLE_SECRET_FILE"] != nil)
    }

    @Test func `A secret shows itself nowhere`() {
        let secret = Secret(Array("geheim".utf8))
        #expect(secret.text == "geheim")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("geheim"))
        #expect(!dumped.contains("103"))
    }

    @Test func `Help lists every key with its shape and default`() {
        var keys = ConfigurationKeys(environment: [:])
        _ = SampleConfiguration(&keys)
        let text = HelpText.text(program: "sasando-sample", summary: "shows", entries: keys.entries)
        #expect(text.hasPrefix("sasando-sample: shows\n"))
        #expect(text.contains("  SASANDO_SAMPLE_BATCH\n      Rows in a batch.\n      1–1000 rows; default 500\n"))
        #expect(text.contains("SASANDO_STORE_URL\n") && text.contains("required"))
        #expect(text.contains("SASANDO_HTTP_PORT\n") && text.contains("default 8081"))
    }

    @Test(arguments: [
        ([], CommandLineRequest.run), (["--help"], .help), (["-h"], .help), (["--version"], .version),
        (["--port", "1"], .unknown("--port 1")),
    ])
    func `The command line asks for little`(arguments: [String], request: CommandLineRequest) {
        #expect(CommandLineRequest(arguments) == request)
    }
}
