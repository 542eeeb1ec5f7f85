internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Runtime
internal import Storage

/// Carries out what senders over ZeroMQ ask for; it knows nothing of sockets.
struct IngressDesk: Sendable {
    /// What goes back: JSON, a problem where `isError`.
    struct Answer: Sendable {
        var json: [UInt8]
        var isError: Bool
    }

    /// The most faults that the lines of one answer tell in full; beyond it each line tells its first one, so that an
    /// answer is never much larger than what was asked.
    static let maximumFaults = 1_000
    /// Nobody says here which language they read; the HTTP door takes this one then, too.
    private static let language = Language.indonesian

    let cities: ServedCities
    let filing: ReportFiling
    let limiter: RateLimiter

    /// Answers a request, and never throws: whatever goes wrong is a problem.
    func answer(_ request: IngressMessage.Request, from principal: Principal) async -> Answer {
        do {
            let channel = try principal.requireChannel(for: .report)
            let city = try await cities.city(principal.jurisdiction)
            switch request {
            case .report(let body):
                let admitted = try await file(body, from: principal, channel, city)
                return Answer(json: admitted.json(in: city.city), isError: false)
            case .reports(let lines):
                return Answer(json: Self.json(await file(lines, from: principal, channel, city)), isError: false)
            }
        } catch {
            return Self.answer(error)
        }
    }

    /// The answer to what asks for nothing that is known here.
    static func answer(_ fault: IngressFault) -> Answer {
        let problem = ProblemDetails(
            fault.isSize ? .contentTooLarge : .badRequest, detail: fault.message,
            errors: [.init(pointer: "", code: fault.code, message: fault.message)])
        return Answer(json: problem.json, isError: true)
    }

    /// The answer to who may send nothing any more.
    static let revoked = Answer(
        json: ProblemDetails.unauthorized("Nobody holds this key any more: it was revoked, or has run out.").json,
        isError: true)

    private static func answer(_ error: any Error) -> Answer {
        Answer(json: ProblemDetails(of: error).forFrames.json, isError: true)
    }

    // MARK: Filing

    private func file(
        _ body: [UInt8], from principal: Principal, _ channel: ChannelCode, _ city: ServedCity
    ) async throws -> AdmittedReceipt {
        try limiter.check(principal)
        return try await filing.file(
            body, key: .none, from: ReportSource(channel: channel), trace: .made(), city: city, language: Self.language)
    }

    /// What became of one line.
    private struct Outcome: Sendable {
        var line: Int
        var result: Result<(id: UUID, isReplay: Bool), ProblemDetails>
    }

    /// All lines at once, so that they share commits; the answers in the lines' order.
    private func file(
        _ lines: [IngressLine], from principal: Principal, _ channel: ChannelCode, _ city: ServedCity
    ) async -> [Outcome] {
        await withTaskGroup(of: (Int, Outcome).self) { group in
            for (index, line) in lines.enumerated() {
                group.addTask { (index, await file(line, from: principal, channel, city)) }
            }
            var outcomes = [Outcome?](repeating: nil, count: lines.count)
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes.compactMap(\.self)
        }
    }

    private func file(
        _ line: IngressLine, from principal: Principal, _ channel: ChannelCode, _ city: ServedCity
    ) async -> Outcome {
        do {
            guard line.text.count <= IngressMessage.maximumReportSize else {
                throw ProblemDetails.contentTooLarge(limit: IngressMessage.maximumReportSize)
            }
            let admitted = try await file(line.text, from: principal, channel, city)
            return Outcome(line: line.number, result: .success((admitted.receipt.id, admitted.isReplay)))
        } catch {
            return Outcome(line: line.number, result: .failure(ProblemDetails(of: error)))
        }
    }

    /// `[{"line","status","id"} | {"line","status","errors":[{"pointer","code","message"}],"retry_after"?}]`
    private static func json(_ outcomes: [Outcome]) -> [UInt8] {
        var writer = JSONWriter(capacity: 80 * outcomes.count)
        var faultsLeft = maximumFaults
        writer.array { writer in
            for outcome in outcomes {
                writer.object { writer in
                    writer.member("line", outcome.line)
                    switch outcome.result {
                    case .success(let report):
                        writer.member("status", report.isReplay ? 200 : 201)
                        writer.member("id", report.id)
                    case .failure(let problem):
                        let errors = problem.lineErrors.prefix(max(1, faultsLeft))
                        faultsLeft -= errors.count
                        writer.member("status", problem.status.code)
                        write(errors, to: &writer)
                        if let wait = problem.retryAfter_s { writer.member("retry_after", wait) }
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func write(_ errors: some Sequence<ProblemDetails.Entry>, to writer: inout JSONWriter) {
        writer.key("errors")
        writer.array { writer in
            for error in errors {
                writer.object { writer in
                    writer.member("pointer", error.pointer)
                    writer.member("code", error.code)
                    writer.member("message", error.message)
                }
            }
        }
    }
}

extension ProblemDetails {
    /// What a line says of this; never empty.
    fileprivate var lineErrors: [Entry] {
        if !errors.isEmpty { return errors }
        let code =
            switch status {
            case .badRequest: "unreadable"
            case .contentTooLarge: "too_large"
            case .tooManyRequests: "too_many_requests"
            case .serviceUnavailable: "unavailable"
            default: "internal_error"
            }
        return [Entry(pointer: "", code: code, message: detail ?? title)]
    }
}

extension TraceContext {
    /// A trace that begins here.
    fileprivate static func made() -> TraceContext {
        var generator = SystemRandomNumberGenerator()
        return TraceContext(random: (generator.next(), generator.next(), generator.next()))
    }
}
