internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension Compose.RunningTests {
    /// What the containers may do, and what of the secrets can be seen from outside them.
    @Suite("Hardening", .serialized)
    struct HardeningTests {
        let run = ComposeRun.current
        var stack: ComposeStack { run.stack }

        @Test func `every container is unprivileged, read-only and bounded`() async throws {
            let containers = try JSONValue(parsing: Array(try await stack.inspection().utf8)).elements
            #expect(containers.count >= ComposeStack.services.count)
            for container in containers {
                let name = container["Name"]?.text ?? "?"
                let host = container["HostConfig"]
                #expect(host?["ReadonlyRootfs"] == JSONValue.bool(true), "\(name)")
                #expect(host?["CapDrop"]?.elements.contains("ALL") == true, "\(name)")
                #expect(host?["CapAdd"]?.elements.isEmpty ?? true, "\(name)")
                #expect(host?["Privileged"] == JSONValue.bool(false), "\(name)")
                let options = host?["SecurityOpt"]?.elements.compactMap(\.text) ?? []
                #expect(options.contains { $0.hasPrefix("no-new-privileges") }, "\(name)")
                #expect((host?["Memory"]?.number ?? 0) > 0 && (host?["PidsLimit"]?.number ?? 0) > 0, "\(name)")
                let user = container["Config"]?["User"]?.text ?? ""
                #expect(user.hasPrefix("1000"), "\(name) runs as \(user)")
            }
        }

        @Test func `no secret is in the environment, the command line or anything that docker inspect shows`()
            async throws
        {
            let shown = try await stack.inspection()
            let files = try FileManager.default.contentsOfDirectory(
                at: stack.secrets, includingPropertiesForKeys: nil)
            #expect(files.count >= 29)
            // `channels` is a folder, for what providers of chats give.
            for file in files where file.pathExtension != "crt" && !file.hasDirectoryPath {
                let secret = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
                #expect(secret.utf8.count >= 32, "\(file.lastPathComponent)")
                #expect(!shown.contains(secret), "\(file.lastPathComponent)")
                let line = secret.split(separator: "\n").dropFirst().first.map(String.init) ?? secret
                #expect(!shown.contains(line), "\(file.lastPathComponent)")
                let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(file.lastPathComponent)")
            }
        }

        @Test func `a service sees its own secrets only`() async throws {
            let seen = try await stack.execute("notifier-dlhk", "ls", "/run/secrets").split(separator: "\n")
            #expect(
                seen.map(String.init).sorted() == ["store-ca.crt", "store.password", "stream.key", "webhook.key"])
        }

        @Test func `the front door does not reach the store`() async throws {
            let attempt = "exec 3<> /dev/tcp/store/5432"
            let container = try await stack.container(of: "front")
            let fromFront = try await Command(["docker", "exec", container, "timeout", "3", "bash", "-c", attempt])
                .result()
            #expect(!fromFront.isSuccess)
            // The same from a service that may: so the attempt itself is sound.
            try await stack.execute("routing", "timeout", "3", "bash", "-c", attempt)
            let address = try await stack.execute("store", "hostname", "-I").filter { $0 != "\n" && $0 != " " }
            let byNumber = try await Command([
                "docker", "exec", container, "timeout", "3", "bash", "-c", "exec 3<> /dev/tcp/\(address)/5432",
            ]).result()
            #expect(!byNumber.isSuccess, "\(address)")
        }

        @Test func `everybody reaches the store by TLS 1.3, and nobody without`() async throws {
            let versions = try await stack.query(
                """
                SELECT DISTINCT s.ssl || ' ' || coalesce(s.version, '') FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
                WHERE a.client_addr IS NOT NULL
                """)
            #expect(versions == "true TLSv1.3")
            let logins = try await stack.query(
                "SELECT count(DISTINCT usename) FROM pg_stat_activity WHERE usename LIKE 'sasando\\_%' AND client_addr IS NOT NULL"
            )
            #expect((Int(logins) ?? 0) >= 11, "each service logs in as itself: \(logins)")
            let settings = try await stack.query(
                "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ('data_checksums', 'fsync', 'synchronous_commit')"
            )
            #expect(settings == "on on on")
        }

        @Test func `our part of the services' image is at most 150 MB`() async throws {
            let history = try await Command([
                "docker", "history", "--human=false", "--no-trunc", "--format", "{{.Size}} {{.CreatedBy}}",
                "sasando-services",
            ]).output().split(separator: "\n")
            let ours = history.filter { $0.contains("COPY") || $0.contains("ldconfig") }
                .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }.reduce(0, +)
            print("Compose: \(ours / 1_000_000) MB of the services' image are ours")
            #expect(ours > 10_000_000 && ours <= 150_000_000)
        }

        @Test func `compose refuses to start without the secrets, and says how to come by them`() async throws {
            let attempt = try await stack.composeWithoutSecrets("config")
            #expect(!attempt.isSuccess)
            #expect(attempt.text.contains("ops/secrets init"), "\(attempt.text)")
        }
    }
}
