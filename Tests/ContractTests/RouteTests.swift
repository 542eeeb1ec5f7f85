internal import Contract
internal import Domain
internal import Foundation
internal import Testing

/// The doors that the services' sources open under `/v1`, as `GET /v1/reports/{}`.
enum Routes {
    /// What a registration that no single path stands for is made of, by the path as it is written there.
    static let families: [String: [String]] = [
        "/v1/moderation/:report/\\(command.rawValue)": ModerationCommand.allCases.map(\.rawValue),
        "/v1/reports/:report/\\(command.rawValue)": (Command.reporter + [.follow, .erase]).map(\.rawValue),
        "/v1/agencies/:code/reports/:id/:command": Command.agency.filter { $0 != .contact }.map(\.rawValue),
    ]

    /// Where a stream is served, which is the same for agencies and channels.
    static let roots = ["/v1/agencies/:code", "/v1/channels/:code"]

    static func registered(in source: String) -> [String] {
        source.matches(of: #/router\.(get|post|put|patch|delete)\(\s*"((?:\/v1\/|\\\(root\))[^"]*)"/#).flatMap {
            match -> [String] in
            let (method, path) = (match.1.uppercased(), String(match.2))
            if path.hasPrefix("\\(root)") {
                return roots.map { "\(method) \(nameless($0 + path.dropFirst("\\(root)".count)))" }
            }
            guard let commands = families[path] else { return ["\(method) \(nameless(path))"] }
            let stem = path[..<(path.lastIndex(of: "/") ?? path.endIndex)]
            return commands.map { "\(method) \(nameless("\(stem)/\($0)"))" }
        }
    }

    /// A path whose parameters have lost their names, which mean nothing outside.
    static func nameless(_ path: String) -> String {
        path.split(separator: "/").map { $0.hasPrefix(":") || $0.hasPrefix("{") ? "{}" : String($0) }
            .reduce("") { "\($0)/\($1)" }
    }

    static let root: URL = {
        var folder = URL(filePath: #filePath)
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path)
        {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    static var ofServices: [String] {
        let services = root.appending(path: "Services")
        let files = FileManager.default.enumerator(atPath: services.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".swift") }.flatMap { file in
            registered(in: (try? String(contentsOf: services.appending(path: file), encoding: .utf8)) ?? "")
        }
    }
}

@Suite("Routes")
struct RouteTests {
    @Test("what the document describes is what the services answer, and nothing else")
    func coverage() {
        var described: Set<String> = []
        for (path, item) in ContractDocument.openAPI.value["paths"]?.members ?? [:] {
            for method in item.members.keys where ["get", "post", "put", "patch", "delete"].contains(method) {
                described.insert("\(method.uppercased()) \(Routes.nameless(path))")
            }
        }
        let registered = Routes.ofServices
        #expect(registered.count > 30)
        let undescribed = Set(registered).subtracting(described).sorted()
        #expect(undescribed == [], "no file of Shared/Contract/OpenAPI describes them")
        let unanswered = described.filter { $0.contains(" /v1/") }.subtracting(registered).sorted()
        #expect(unanswered == [], "no service answers them")
    }

    @Test("a family of paths is taken apart; a path that is not one is kept as it is")
    func reading() {
        let source =
            #"router.post("/v1/moderation/:report/\(command.rawValue)") { } router.get("\(root)/events") { } router.get("/v1/push") { }"#
        #expect(Routes.registered(in: source).count == ModerationCommand.allCases.count + 3)
        #expect(Routes.registered(in: source).contains("GET /v1/channels/{}/events"))
        #expect(Routes.registered(in: source).contains("POST /v1/moderation/{}/hide"))
        #expect(Routes.registered(in: source).last == "GET /v1/push")
    }
}

extension JSONValue {
    /// The members of an object; none of anything else.
    var members: [String: JSONValue] { if case .object(let members) = self { members } else { [:] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
