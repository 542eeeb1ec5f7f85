import ArgumentParser
import Foundation

/// What can be measured; the names are those that `--only` takes.
enum Figure: String, CaseIterable, ExpressibleByArgument, Sendable {
    case idle
    case admission
    case ingress
    case batch
    case bulk
    case routing
    case endToEnd = "end-to-end"
    case fanOut = "fan-out"
    case stream
    case fold
    case photos
    case open311
    case webhooks

    func measure(in setting: Setting) async throws -> [Row] {
        switch self {
        case .idle: try await IdleFigure(setting: setting).measure()
        case .admission: try await AdmissionFigure(setting: setting).measure()
        case .ingress: try await IngressFigure(setting: setting).measure()
        case .batch: try await BatchWriteFigure(setting: setting).measure()
        case .bulk: try await BulkFigure(setting: setting).measure()
        case .routing: try await RoutingFigure(setting: setting).measure()
        case .endToEnd: try await EndToEndFigure(setting: setting).measure()
        case .fanOut: try await FanOutFigure(setting: setting).measure()
        case .stream: try await StreamFigure(setting: setting).measure()
        case .fold: try await FoldFigure(setting: setting).measure()
        case .photos: try await PhotoFigure(setting: setting).measure()
        case .open311: try await Open311Figure(setting: setting).measure()
        case .webhooks: try await WebhookFigure(setting: setting).measure()
        }
    }
}

/// What every figure works with.
struct Setting: Sendable {
    let stack: Stack
    let store: Store
    /// Scripts of wrk and pgbench.
    let scripts: URL
    /// Shorter runs, to see that everything works; the numbers are rough.
    let isQuick: Bool
    let notes: Notes

    func seconds(_ usual: Int, quick: Int) -> Int { isQuick ? quick : usual }

    /// pgbench as the store's owner.
    func pgbench() throws -> Tool {
        var tool = Tool("pgbench")
        tool.environment["PGPASSWORD"] = try stack.storePassword
        return tool
    }

    /// One line about what is going on, on standard error.
    func say(_ text: String) { FileHandle.standardError.write(Data("  \(text)\n".utf8)) }
}

/// How figures were measured and what was seen beside them; printed below the table.
actor Notes {
    private(set) var lines: [String] = []
    func add(_ line: String) { lines.append(line) }
}
