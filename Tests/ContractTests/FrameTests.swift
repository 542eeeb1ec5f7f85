@testable internal import Contract
internal import Domain
internal import Testing

/// What the document says of messages over ZeroMQ, by the code that reads and writes them.
@Suite("Frames")
struct FrameTests {
    private static let document = ContractDocument.asyncAPI.value

    /// What is said of a message's frames; `$ref`s followed.
    private func frames(_ message: String) -> [JSONValue] {
        let payload = Self.document["components"]?["messages"]?[message]?["payload"]
        return (payload?["items"]?.elements ?? []).map { frame in
            frame["$ref"]?.text.flatMap { Self.document.resolved($0) } ?? frame
        }
    }

    /// A message by the document: the words that it names, and what is given for the rest.
    private func message(_ name: String, _ rest: String...) -> [[UInt8]] {
        var rest = rest[...]
        return frames(name).map { Array(($0["const"]?.text ?? rest.popFirst() ?? "").utf8) }
    }

    /// Of a frame: the most bytes that the document lets it have.
    private func size(_ frame: Int, of message: String) -> Int? {
        guard case .int(let size)? = frames(message)[frame]["maxLength"] else { return nil }
        return Int(size)
    }

    @Test("a report and reports, as the document has them, are read as what they are")
    func requests() {
        #expect(IngressMessage(message("report", "a", "{}")).request == .success(.report(Array("{}".utf8))))
        let line = IngressLine(number: 1, text: Array("{}".utf8))
        #expect(IngressMessage(message("reports", "a", "{}")).request == .success(.reports([line])))
        #expect(IngressMessage(message("reports", "a", "{}")).requestID == Array("a".utf8))
        for name in ["report", "reports"] {
            #expect(frames(name).count == 4)
            #expect(size(1, of: name) == IngressMessage.maximumIDSize)
        }
        #expect(size(3, of: "report") == IngressMessage.maximumReportSize)
        #expect(size(3, of: "reports") == IngressMessage.maximumReportsSize)
    }

    @Test(
        "answers are the document's",
        arguments: [("receipt", false), ("outcomes", false), ("refusal", true)])
    func answers(name: String, isError: Bool) {
        let request = IngressMessage(message("report", "a", "{}"))
        #expect(request.reply(Array("{}".utf8), isError: isError) == message(name, "a", "{}"))
        #expect(Self.document["components"]?["messages"]?[name]?["name"] == frames(name)[2]["const"])
    }

    @Test("what is in them is what the other doors take and give")
    func bodies() {
        func body(_ message: String) -> String? { frames(message)[3]["contentSchema"]?["$ref"]?.text }
        let post = ContractDocument.openAPI.value["paths"]?["/v1/reports"]?["post"]
        func schema(_ value: JSONValue?) -> String? {
            value?["content"]?["application/json"]?["schema"]?["$ref"]?.text
        }
        #expect(body("report") == schema(post?["requestBody"]))
        #expect(body("receipt") == schema(post?["responses"]?["201"]))
        #expect(body("refusal") == "#/components/schemas/Problem")
        let most = frames("outcomes")[3]["contentSchema"]?["maxItems"]
        #expect(most == .int(Int64(IngressMessage.maximumReports)))
    }

    @Test("a stream's messages are the document's")
    func stream() throws {
        let cursor = try #require(Cursor(text: "1-42"))
        #expect(try StreamCommand(message("hello", "latest")) == .hello(.latest))
        #expect(try StreamCommand(message("credit", "7")) == .credit(7))
        #expect(try StreamCommand(message("ack", "1-42")) == .acknowledge(cursor))
        #expect(StreamReply.welcome(head: cursor).frames == message("welcome", "1", "42"))
        #expect(StreamReply.heartbeat.frames == message("silence"))
        #expect(StreamReply.error(Array("{}".utf8)).frames == message("error", "{}"))
        #expect(StreamReply.event == Array(message("event", "1-42", "{}").prefix(2)))
    }

    @Test("lists of frames are said in the words of AsyncAPI's dialect, which is draft 07 of JSON Schema")
    func dialect() {
        let messages = Self.document["components"]?["messages"]?.members ?? [:]
        let payloads = messages.compactMapValues { $0["payload"] }.filter { $0.value["type"]?.text == "array" }
        #expect(payloads.count >= 12)
        for (name, payload) in payloads {
            let count = Int64(payload["items"]?.elements.count ?? 0)
            #expect(payload["minItems"] == .int(count) && payload["additionalItems"] == .bool(false), "\(name)")
            #expect(payload["prefixItems"] == nil, "\(name)")
        }
    }
}
