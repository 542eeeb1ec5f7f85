internal import Testing

@testable import Domain

@Suite("Open311: times and words")
struct Open311Tests {
    private let now = Timestamp(rfc3339: "2026-11-28T12:00:00+08:00")!
    private let day = 86_400

    @Test func `without dates the last 90 days, with one the 90 days from it, with two what lies between`() throws {
        let last = try Open311Span(start: nil, end: nil, now: now, isBounded: true)
        #expect(last.from == now.adding(seconds: -90 * day) && last.to >= now)
        let early = now.adding(seconds: -200 * day)
        #expect(
            try Open311Span(start: early, end: nil, now: now, isBounded: true)
                == Open311Span(from: early, to: early.adding(seconds: 90 * day)))
        #expect(
            try Open311Span(start: nil, end: early, now: now, isBounded: true)
                == Open311Span(from: early.adding(seconds: -90 * day), to: early))
        #expect(try Open311Span(start: early, end: nil, now: now, isBounded: false).to >= now)
        let exactly = early.adding(seconds: 90 * day)
        #expect(try Open311Span(start: early, end: exactly, now: now, isBounded: true).to == exactly)
        let longer = exactly.adding(microseconds: 1)
        #expect(throws: Open311Span.Fault.tooLong) {
            try Open311Span(start: early, end: longer, now: now, isBounded: true)
        }
        #expect(try Open311Span(start: early, end: longer, now: now, isBounded: false).to == longer)
        #expect(throws: Open311Span.Fault.endsBeforeItBegins) {
            try Open311Span(start: now, end: early, now: now, isBounded: false)
        }
    }

    @Test(arguments: [
        ("2026-11-24T09:05:00+08:00", "2026-11-24T09:05:00+08:00"),
        ("2026-11-24T09:05:00 08:00", "2026-11-24T09:05:00+08:00"),
        ("2026-11-24T01:05:00.123456Z", "2026-11-24T09:05:00.123456+08:00"),
        ("2026-11-23T19:05:00-06:00", "2026-11-24T09:05:00+08:00"),
        ("2026-11-24T09:05:00", "2026-11-24T09:05:00+08:00"),
        ("2026-11-24", "2026-11-24T00:00:00+08:00"),
    ])
    func `times are read as clients write them`(text: String, same: String) {
        #expect(Open311Span.moment(text, utcOffset: 28_800) == Timestamp(rfc3339: same))
    }

    @Test func `a date alone ends with its last moment`() {
        let end = Open311Span.moment("2026-11-24", isEnd: true, utcOffset: 28_800)
        #expect(end == Timestamp(rfc3339: "2026-11-24T23:59:59.999999+08:00"))
    }

    @Test(arguments: [
        "yesterday", "2026-13-01", "2026-02-30T00:00:00Z", "1764000000", "1969-12-31T00:00:00Z", "T", "é",
    ])
    func `anything else is no time`(text: String) {
        #expect(Open311Span.moment(text, utcOffset: 28_800) == nil)
    }

    @Test func `every status of ours has a word of an update's, and rejections say whose it is`() {
        func word(_ type: EventType, _ status: ReportStatus, _ reason: String? = nil) -> Open311UpdateStatus {
            Open311UpdateStatus(type: type.rawValue, status: status, reason: reason)
        }
        #expect(word(.assigned, .assigned) == .open && word(.reopened, .reopened) == .open)
        #expect(word(.assigned, .triage) == .internalReferral && word(.transferredOut, .assigned) == .internalReferral)
        #expect(word(.acknowledged, .acknowledged) == .investigating && word(.started, .inProgress) == .inProgress)
        #expect(word(.held, .onHold) == .actionScheduled && word(.resolved, .resolved) == .fixed)
        #expect(word(.closed, .closed) == .closed && word(.withdrawn, .withdrawn) == .closed)
        #expect(word(.rejected, .rejected, "not_ours") == .notCouncilsResponsibility)
        #expect(word(.rejected, .rejected, "out_of_area") == .notCouncilsResponsibility)
        #expect(word(.rejected, .rejected, "abuse") == .noFurtherAction)
        #expect(word(.rejected, .duplicate, "duplicate") == .duplicate)
    }
}
