import Domain
import Testing

@Suite("Ingress")
struct IngressTests {
    private static let version = bytes("sasando/1")

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func message(_ frames: String..., isCut: Bool = false) -> IngressMessage {
        IngressMessage(frames.map(bytes), isCut: isCut)
    }

    @Test("a report's body is handed on as it is")
    func report() {
        let message = Self.message("sasando/1", "7", "report", "{}")
        #expect(message.request == .success(.report(Self.bytes("{}"))))
        #expect(message.requestID == Self.bytes("7") && !message.hasDelimiter)
        #expect(message.reply([1], isError: false) == [Self.version, Self.bytes("7"), Self.bytes("ok"), [1]])
        #expect(message.reply([1], isError: true)[2] == Self.bytes("error"))
    }

    @Test("a leading empty frame is accepted and given back")
    func delimiter() {
        let message = Self.message("", "sasando/1", "", "report", "{}")
        #expect(message.request == .success(.report(Self.bytes("{}"))))
        #expect(message.hasDelimiter)
        #expect(message.reply([], isError: false) == [[], Self.version, [], Self.bytes("ok"), []])
    }

    @Test("reports stand on lines, which are counted with the blank ones")
    func reports() {
        let message = Self.message("sasando/1", "7", "reports", "a\r\n\n \t\nb\nc")
        let lines = [(1, "a\r"), (4, "b"), (5, "c")].map { IngressLine(number: $0, text: Self.bytes($1)) }
        #expect(message.request == .success(.reports(lines)))
        let marked = Self.message("sasando/1", "7", "reports", "\u{FEFF}a\r\n\n \t\nb\nc")
        #expect(marked.request == .success(.reports(lines)))
    }

    @Test(
        "what is malformed says how, and keeps the request id where there is one",
        arguments: [
            ([], IngressFault.version, ""), ([""], .version, ""), (["", ""], .version, ""),
            (["hello"], .version, ""), (["sasando/2", "7", "report", "{}"], .version, "7"),
            (["sasando/1"], .frames, ""), (["sasando/1", "7"], .frames, "7"),
            (["", "", "sasando/1", "7", "report", "{}"], .version, "sasando/1"),
            (["sasando/1", "7", "report"], .frames, "7"),
            (["sasando/1", "7", "report", "{}", ""], .frames, "7"),
            (["sasando/1", "7", "Report", "{}"], .command, "7"), (["sasando/1", "7", "", "{}"], .command, "7"),
            (["sasando/1", "7", "reports", " \n\r\n"], .noReports, "7"),
            (["sasando/1", String(repeating: "i", count: 256), "report", "{}"], .requestID, ""),
        ] as [([String], IngressFault, String)])
    func malformed(frames: [String], fault: IngressFault, id: String) {
        let message = IngressMessage(frames.map(Self.bytes))
        #expect(message.request == .failure(fault))
        #expect(message.requestID == Self.bytes(id))
    }

    @Test("a message that was cut has too many frames")
    func cut() {
        let message = Self.message("sasando/1", "7", "report", "{}", isCut: true)
        #expect(message.request == .failure(.frames))
        #expect(message.requestID == Self.bytes("7"))
    }

    @Test("bodies are bounded by bytes and by lines")
    func bounds() {
        func request(_ command: String, _ count: Int) -> Result<IngressMessage.Request, IngressFault> {
            IngressMessage([Self.version, [], Self.bytes(command), [UInt8](repeating: 0x78, count: count)]).request
        }
        let report = IngressMessage.maximumReportSize
        #expect(request("report", report) == .success(.report([UInt8](repeating: 0x78, count: report))))
        #expect(request("report", report + 1) == .failure(.tooLarge(limit: report)))
        let reports = IngressMessage.maximumReportsSize
        #expect((try? request("reports", reports).get())?.count == 1)
        #expect(request("reports", reports + 1) == .failure(.tooLarge(limit: reports)))
        func lines(_ count: Int) -> Result<IngressMessage.Request, IngressFault> {
            Self.message("sasando/1", "", "reports", String(repeating: "{}\n", count: count)).request
        }
        let most = IngressMessage.maximumReports
        #expect((try? lines(most).get())?.count == most)
        #expect(lines(most + 1) == .failure(.tooManyReports(limit: most)))
    }

    @Test("bytes that are no text are read as any others: who decodes the body refuses them")
    func noText() {
        let odd: [UInt8] = [0xff, 0x00, 0xfe]
        #expect(IngressMessage([Self.version, odd, Self.bytes("report"), odd]).request == .success(.report(odd)))
        #expect(IngressMessage([odd, odd, odd, odd]).requestID == odd)
        #expect(IngressMessage([Self.version, odd, odd, odd]).request == .failure(.command))
    }
}
