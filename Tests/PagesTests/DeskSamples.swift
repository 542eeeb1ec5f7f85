import Domain
import Pages

/// Desks: a busy one, an empty one, and one report with its commands.
enum DeskSamples {
    private static let now = SamplePages.now
    private static let frame = SamplePages.frame("/desk/dlhk", viewer: SamplePages.officer)

    static var pages: [(name: String, page: any Page)] {
        let triageFrame = SamplePages.frame("/desk/kominfo", viewer: Viewer(name: "Kominfo", home: "/desk/kominfo"))
        return [
            (
                "desk",
                Desk(
                    frame: frame, agency: "dlhk", open: waiting + working, done: done, cursor: "1-42", openInAll: 412,
                    next: "open_1795000000000000_0197a1b2-0000-7000-8000-000000000000", isDoneCut: true)
            ),
            ("desk-empty", Desk(frame: frame, agency: "dlhk", open: [])),
            (
                "desk-filtered",
                Desk(
                    frame: frame, agency: "dlhk", open: waiting + working,
                    next: "open_1795000000000000_0197a1b2-0000-7000-8000-000000000000",
                    choice: DeskChoice(
                        text: "pasar oeba", category: "sampah", area: "53.71.03.1010", isOverdue: true),
                    searchedThrough: 1_000)
            ),
            (
                "desk-none-found",
                Desk(frame: frame, agency: "dlhk", open: [], choice: DeskChoice(status: .onHold))
            ),
            ("desk-print", DeskPrint(frame: frame, agency: "dlhk", open: waiting + working, isCut: true)),
            (
                "desk-print-empty",
                DeskPrint(frame: frame, agency: "dlhk", open: [], choice: DeskChoice(category: "sampah"))
            ),
            ("desk-report", deskReport(.assigned, [.acknowledge, .start, .hold, .transfer, .reject, .comment])),
            (
                "desk-report-stale",
                deskReport(.inProgress, [.resolve, .hold, .transfer, .comment], notice: .stale)
            ),
            ("desk-report-done", deskReport(.resolved, [.comment], notice: .done(.resolve))),
            (
                "desk-report-fault",
                DeskReport(
                    frame: frame, agency: "dlhk", report: SamplePages.report(.acknowledged),
                    permitted: [.start, .resolve, .hold, .transfer, .reject, .comment],
                    notice: .faulty([Fault(.required, at: "/reason")]), idempotencyKey: SamplePages.key,
                    typed: .init(command: .reject, fields: ["note": "Bukan di kota ini.", "reason": "out_of_area"]))
            ),
            (
                "desk-report-triage",
                DeskReport(
                    frame: triageFrame, agency: "kominfo", report: SamplePages.report(.triage),
                    permitted: [.transfer, .reject, .comment], idempotencyKey: SamplePages.key)
            ),
        ]
    }

    private static func deskReport(
        _ status: ReportStatus, _ permitted: [Command], notice: DeskReport.Notice? = nil
    ) -> DeskReport {
        DeskReport(
            frame: frame, agency: "dlhk", report: SamplePages.report(status), permitted: permitted, channel: "web",
            notice: notice, idempotencyKey: SamplePages.key)
    }

    private static var waiting: [ReportView] {
        let texts: [(CategoryCode, String, Int, Bool)] = [
            ("sampah", "Sampah di depan Pasar Oeba su menumpuk tiga hari ini, bau busuk sampe masuk rumah.", 95, false),
            ("sampah", "min tlg angkut sampah di jln Amabi dpn kios mama Yuli, su 4 hari sonde ada truk", -900, false),
            ("kebakaran", "Asap tebal di belakang TPS Alak, api mulai kelihatan", 60, true),
            ("sampah", String(repeating: "Sampahmenumpuktanpaspasi", count: 20), 13_000, false),
            ("sampah", "TPS liar di belakang kampus Oesapa makin besar", 190_000, false),
        ]
        return texts.enumerated().map { index, entry in
            var report = SamplePages.report(index == 4 ? .reopened : .assigned)
            report.id = "waiting-\(index)"
            report.category = entry.0
            report.description = entry.1
            report.nextDueAt = now.adding(seconds: entry.2)
            report.isUrgent = entry.3
            return report
        }
    }

    private static var working: [ReportView] {
        [ReportStatus.acknowledged, .inProgress, .onHold].enumerated().map { index, status in
            var report = SamplePages.report(status)
            report.id = "working-\(index)"
            report.nextDueAt = now.adding(seconds: index * 20_000 - 4_000)
            return report
        }
    }

    private static var done: [Desk.Done] {
        [ReportStatus.resolved, .rejected].enumerated().map { index, status in
            var report = SamplePages.report(status)
            report.id = "done-\(index)"
            return Desk.Done(report: report, at: now.adding(seconds: -3_600 * (index + 1)))
        }
    }
}
