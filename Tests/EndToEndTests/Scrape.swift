internal import Foundation
internal import TestSupport

/// What one service showed under `/metrics`, read as Prometheus reads it.
struct Scrape: Sendable {
    let text: String
    /// By name with labels, exactly as they were sent.
    let samples: [String: Double]

    init(of service: String, in stack: Stack) async throws {
        guard let address = await stack.address(of: service) else { throw Unexpected("\(service) has no address") }
        let answer = try await Door(address).get("/metrics")
        guard answer.status == 200 else { throw Unexpected("\(answer)") }
        self.init(answer.text)
    }

    init(_ text: String) {
        self.text = text
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        self.samples = samples
    }

    /// The names of what it holds, a histogram's without their endings.
    var names: Set<String> {
        Set(
            text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .compactMap { $0.split(separator: " ").dropFirst(2).first.map(String.init) })
    }

    /// The sum of a metric's samples that carry all these labels; nil where there is none.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let wanted = labels.map { "\($0.key)=\"\($0.value)\"" }
        let found = samples.filter { key, _ in
            (key == name || key.hasPrefix(name + "{")) && wanted.allSatisfy { key.contains($0) }
        }
        return found.isEmpty ? nil : found.values.reduce(0, +)
    }
}
