package import Domain
package import FoundationEssentials

/// Where one page of an agency's work ends and the next begins.
package struct WorkPosition: Hashable, Sendable {
    /// Open work comes first, by what is due; then what is finished, the latest first.
    package enum Part: String, Hashable, Sendable, CaseIterable { case open, done }

    package var part: Part
    /// Of open work when it is due, of finished work when it changed last.
    package var at: Timestamp
    /// The page's last report.
    package var report: UUID

    package init(part: Part, at: Timestamp, report: UUID) {
        self.part = part
        self.at = at
        self.report = report
    }

    /// Up to the year 9999, which is as far as the API's times go.
    private static let times = Int64(0)...253_402_300_799_999_999

    /// `<part>_<microseconds>_<report>`, to be given back as it came.
    package var text: String { "\(part.rawValue)_\(at.microseconds)_\(report.text)" }

    /// Reads what ``text`` writes; nil for anything else.
    package init?(text: some StringProtocol) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, let part = Part(rawValue: String(parts[0])), let microseconds = Int64(parts[1]),
            Self.times.contains(microseconds), let report = UUID(text: parts[2])
        else { return nil }
        self.init(part: part, at: Timestamp(microseconds: microseconds), report: report)
    }
}

/// One page of an agency's work.
package struct WorkPage: Sendable {
    package var works: [WorkRecord]
    /// Where the next page begins; nil on the last.
    package var next: WorkPosition?
}

/// An agency's work at a glance.
package struct DeskOverview: Sendable {
    /// The open reports that are due first.
    package var open: [WorkRecord]
    /// Where the next page begins; nil on the last.
    package var next: WorkPosition?
    /// All that are open, counted up to ``DeskStore/countLimit``.
    package var openInAll: Int
    /// What was finished, the latest first.
    package var done: [WorkRecord]
    /// More was finished than is there.
    package var isDoneCut: Bool
}
