import Foundation

/// What officers, citizens and the operator ask for all day.
enum DeskQuery: String, CaseIterable {
    case desk = "desk page"
    case open = "open work"
    case openPage = "open work, a page within"
    case inOneStatus = "open work in one status"
    case donePage = "finished work, a page within"
    case rare = "finished work in a rare status"
    case none = "finished work in a status of none"
    case detail = "report with history"
    case tracking = "tracking by code"
    case trackingPage = "tracking page"
    case summary = "summary of 30 days"

    /// Asks `count` times, one after the other over one connection, after some that do not count.
    func run(_ count: Int, on stack: Stack, _ work: StoredWork) async throws -> Histogram {
        let port = try port(on: stack)
        let headers = authorization(on: stack)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let asker = Asker(port: port, headers: headers)
                        var times = Histogram()
                        for number in 0..<(count + 20) {
                            let time = try asker.ask(path(number, work))
                            if number >= 20 { times.record(nanoseconds: time) }
                        }
                        return times
                    })
            }
        }
    }

    private func port(on stack: Stack) throws -> Int {
        switch self {
        case .tracking, .trackingPage: stack.intake.port
        case .summary: stack.analytics.port
        default: try stack.notifier(of: Stack.agency).port
        }
    }

    private func authorization(on stack: Stack) -> String {
        switch self {
        case .tracking, .trackingPage: ""
        case .summary: "Authorization: Bearer \(stack.credentials.operator.token)\r\n"
        default: "Authorization: Bearer \(stack.credentials.agencies[Stack.agency]?.token ?? "")\r\n"
        }
    }

    private func path(_ number: Int, _ work: StoredWork) -> String {
        func pick(_ texts: [String]) -> String { texts[number % texts.count] }
        let list = "/v1/agencies/\(Stack.agency)/reports?limit=25"
        return switch self {
        case .desk: "/desk/\(Stack.agency)"
        case .open: list
        case .openPage: "\(list)&after=\(pick(work.openPositions))"
        // A status and a number of which the small store has enough too: both answers are as long.
        case .inOneStatus: "/v1/agencies/\(Stack.agency)/reports?limit=20&status=acknowledged"
        case .donePage: "\(list)&status=resolved&after=\(pick(work.donePositions))"
        case .rare: "\(list)&status=duplicate"
        case .none: "\(list)&status=withdrawn"
        case .detail: "/v1/agencies/\(Stack.agency)/reports/\(pick(work.ids))"
        case .tracking: "/v1/reports/\(pick(work.trackingCodes))"
        case .trackingPage: "/lacak/\(pick(work.trackingCodes))"
        case .summary: "/v1/analytics/summary?\(Self.period(number))"
        }
    }

    /// Thirty days that end on one of the last 200: another period each time.
    private static func period(_ number: Int) -> String {
        let day = 86_400.0
        let end = Date().addingTimeInterval(-day * Double(number % 200))
        func text(_ date: Date) -> String { date.ISO8601Format(.iso8601.year().month().day()) }
        return "from=\(text(end.addingTimeInterval(-30 * day)))&to=\(text(end))"
    }
}

/// One connection that asks, waits for the whole answer, and times it.
private final class Asker {
    private let port: Int
    private let headers: String
    private var socket: Socket?
    private var reader = ResponseReader()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    init(port: Int, headers: String) {
        self.port = port
        self.headers = headers
    }

    deinit { buffer.deallocate() }

    /// - Returns: the nanoseconds until the last byte of a 200.
    func ask(_ path: String) throws -> Int64 {
        let socket = try self.socket ?? Socket(port: port)
        self.socket = socket
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(headers)\r\n"
        let start = monotonicNanoseconds()
        try socket.send(Array(request.utf8))
        var status: Int?
        while status == nil {
            guard monotonicNanoseconds() - start < 30_000_000_000 else {
                throw BenchFailure("GET \(path): no answer in 30 s")
            }
            switch socket.read(into: buffer) {
            case .bytes(let count):
                reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { event in
                    if case .end(let found) = event { status = found }
                }
            case .nothing: socket.awaitInput(withinMilliseconds: 1_000)
            case .end: throw BenchFailure("GET \(path): the connection was closed")
            }
        }
        let time = monotonicNanoseconds() - start
        guard status == 200 else { throw BenchFailure("GET \(path): status \(status ?? 0)") }
        return time
    }
}
