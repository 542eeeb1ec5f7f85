internal import Domain
internal import Foundation
internal import Glibc
internal import TestSupport
internal import Testing

extension EndToEnd.Watching {
    @Suite("Doctor", .serialized)
    struct DoctorTests {
        let stack = RunningStack.current.stack
        private var media: String { stack.home.appending(path: "media").path }

        /// The names of what is not well, with what was found; the whole answer where it cannot be read.
        private func illnesses() async throws -> [String] {
            let printed: String
            do {
                printed = try await stack.control("doctor", "--json", "--media", media)
            } catch let refusal as Unexpected {
                printed = refusal.description
            }
            // An error's own text comes first, and names the arguments in brackets.
            guard let start = printed.firstRange(of: "[\n")?.lowerBound else { return [printed] }
            let checks = try JSONValue(parsing: Array(printed[start...].utf8)).elements
            #expect(checks.count > 25, "\(printed)")
            return checks.filter { $0["is_well"] != .bool(true) }
                .map { "\($0["name"]?.text ?? "?"): \($0["finding"]?.text ?? "?")" }
        }

        @Test func `a running city is well, and an agency that nobody serves is named`() async throws {
            let sent = try await stack.integrator.post("/v1/reports", json: Sample.report("sampah"))
            #expect(sent.status == 201, "\(sent)")
            var found: [String] = []
            do {
                try await wait(for: "all to be well", within: .seconds(30)) {
                    found = try await illnesses()
                    return found.isEmpty
                }
            } catch { throw Unexpected("not well after 30 s: \(found)") }
            let said = try await stack.control("doctor", "--media", media)
            for part in ["ok   streams: 8, ", "ok   disk: ", "ok   photos: "] {
                #expect(said.contains(part), "\(said)")
            }

            try await stack.signal(Stack.notifier("dinkes"), SIGSTOP)
            try await wait(for: "dinkes to be missed", within: .seconds(20)) {
                found = try await illnesses()
                return found == ["agencies: nobody serves kupang/dinkes"]
            }
            try await stack.signal(Stack.notifier("dinkes"), SIGCONT)
        }
    }
}
