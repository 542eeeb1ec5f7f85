@testable internal import Contract
internal import Domain
internal import Testing

@Suite("Documents")
struct DocumentTests {
    private static let documents = ["openapi": ContractDocument.openAPI, "asyncapi": ContractDocument.asyncAPI]

    @Test(
        "every reference leads somewhere, and no schema is left that nobody refers to",
        arguments: ["openapi", "asyncapi"])
    func references(name: String) throws {
        let document = try #require(Self.documents[name])
        let references = document.value.references
        #expect(references.count > 10)
        let dangling = references.filter { document.value.resolved($0) == nil }
        #expect(dangling == [])
        guard name == "openapi" else { return }
        let schemas = document.value["components"]?["schemas"]?.members.keys.map { "#/components/schemas/\($0)" }
        let unused = Set(schemas ?? []).subtracting(references).sorted()
        #expect(unused == [])
    }

    @Test("operations have ids of their own, answers, and a description of every parameter in the path")
    func operations() {
        let document = ContractDocument.openAPI.value
        var ids: [String] = []
        for (path, item) in document["paths"]?.members ?? [:] {
            for (method, operation) in item.members where method != "parameters" {
                ids.append(operation["operationId"]?.text ?? "\(method) \(path) has none")
                #expect(operation["responses"]?.members.isEmpty == false, "\(method) \(path)")
                #expect(operation["tags"]?.elements.count == 1, "\(method) \(path)")
                let parameters = ((item["parameters"]?.elements ?? []) + (operation["parameters"]?.elements ?? []))
                    .map { parameter in parameter["$ref"]?.text.flatMap { document.resolved($0) } ?? parameter }
                let named = Set(parameters.filter { $0["in"]?.text == "path" }.compactMap { $0["name"]?.text })
                let used = Set(path.matches(of: #/\{(\w+)\}/#).map { String($0.1) })
                #expect(named == used, "\(method) \(path)")
            }
        }
        #expect(Set(ids).count == ids.count)
        #expect(!ids.contains { $0.hasSuffix("has none") })
    }

    @Test("what a key opens may ask it to come back later; an upload waits instead")
    func rates() {
        var unlimited: [String] = []
        for (path, item) in ContractDocument.openAPI.value["paths"]?.members ?? [:] {
            for (method, operation) in item.members where method != "parameters" {
                let keys = operation["security"]?.elements.filter { $0["key"] != nil } ?? []
                if !keys.isEmpty, operation["responses"]?["429"] == nil { unlimited.append("\(method) \(path)") }
            }
        }
        #expect(unlimited == ["post /v1/reports/batch"])
    }

    @Test("the document says where the doors are described that it leaves out")
    func others() {
        let text = ContractDocument.openAPI.value["info"]?["description"]?.text ?? ""
        for place in ["/open311/v2/discovery.json", "/asyncapi.json"] { #expect(text.contains(place)) }
    }

    @Test("lists of what can be are those of the code")
    func enumerations() {
        func listed(_ schema: String) -> [String] {
            let schema = ContractDocument.openAPI.value["components"]?["schemas"]?[schema]
            return schema?["enum"]?.elements.compactMap(\.text) ?? []
        }
        #expect(listed("Status") == ReportStatus.allCases.map(\.rawValue))
        #expect(listed("Colour") == ReportStatus.Colour.allCases.map(\.rawValue))
        #expect(listed("LocationSource") == LocationSource.allCases.map(\.rawValue))
        #expect(listed("Priority") == Priority.allCases.map(\.rawValue))
        #expect(listed("RejectReason") == CommandRequest.RejectReason.allCases.map(\.rawValue))
        #expect(listed("WebhookPolicy") == WebhookPolicy.allCases.map(\.rawValue))
        #expect(listed("WebhookState") == WebhookState.allCases.map(\.rawValue))
        #expect(listed("EventType") == EventType.allCases.map(\.cloudEventType))
        let messages = ContractDocument.asyncAPI.value["components"]?["messages"]?.members.keys.map { $0 } ?? []
        #expect(Set(messages).isSuperset(of: EventType.allCases.map(\.rawValue)))
    }

    @Test("fragments join; two that say the same thing do not")
    func joining() throws {
        let joined = try ContractDocument([
            Array(#"{"a":{"b":1},"l":[1]}"#.utf8), Array(#"{"a":{"c":2},"l":[2]}"#.utf8),
        ])
        #expect(String(decoding: joined.bytes, as: UTF8.self) == #"{"a":{"b":1,"c":2},"l":[1,2]}"#)
        #expect(throws: ContractDocument.Fault(pointer: "/a/b", reason: "two fragments say it")) {
            try ContractDocument([Array(#"{"a":{"b":1}}"#.utf8), Array(#"{"a":{"b":1}}"#.utf8)])
        }
    }
}
