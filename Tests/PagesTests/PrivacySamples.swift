import Domain
import Pages

/// The pages of personal data.
enum PrivacySamples {
    static var pages: [(name: String, page: any Page)] {
        let (now, key) = (SamplePages.now, SamplePages.key)
        let faulty = ReportForm.Values([
            "category": "sampah", "description": "Sampah menumpuk", "name": "Yuli", "phone": "0812", "contact": "yes",
        ])
        let missing = [Fault(.malformedPhone, at: "/reporter/phone"), Fault(.consentRequired, at: "/reporter/consent")]
        let readings: [OwnReport.Reading] = [
            .init(at: now.adding(seconds: -3_600), agency: "dlhk", purpose: "Mau janji waktu membuka pagar."),
            .init(at: now.adding(seconds: -90_000), agency: nil, purpose: "Permintaan salinan data oleh pelapor."),
        ]
        return [
            (
                "report-who",
                ReportForm(
                    frame: SamplePages.frame("/lapor"), values: faulty, faults: missing, idempotencyKey: key)
            ),
            (
                "track-asked",
                own(.inProgress, question: "Pagar yang mana, dekat kios atau dekat gereja?", held: true, readings)
            ),
            ("track-anonymous", own(.assigned, question: nil, held: false, [])),
            ("track-erased", erased(readings)),
            (
                "track-erase",
                EraseReport(
                    frame: SamplePages.frame("/lacak/X/hapus"), trackingCode: "KPG-7H2K9M4QXPA", isOpen: true,
                    idempotencyKey: key)
            ),
            ("desk-contact", contact(.disclosed(person, reason: "Mau janji waktu membuka pagar.", version: 4))),
            ("desk-contact-refused", contact(.refused(Refusal.contactNotAllowed.message(.indonesian)))),
            ("desk-contact-faulty", contact(.faulty([Fault(.required, at: "/reason")], typed: ""))),
        ]
    }

    private static let person = Person(name: "Mama Yuli", phone: "0812 3456 7890")

    private static func contact(_ state: DeskContact.State) -> DeskContact {
        DeskContact(
            frame: SamplePages.frame("/desk/dlhk/laporan/X", viewer: SamplePages.officer), agency: "dlhk",
            report: SamplePages.key, state: state, idempotencyKey: SamplePages.key)
    }

    private static func own(
        _ status: ReportStatus, question: String?, held: Bool, _ readings: [OwnReport.Reading]
    ) -> Tracking {
        var report = SamplePages.report(status)
        let at = SamplePages.now.adding(seconds: -3_600)
        report.history += [
            HistoryEntry(at: at, type: "commented", agency: "dlhk", note: question, author: "agency", command: "ask"),
            HistoryEntry(
                at: at, type: "commented", agency: "dlhk", reason: "Mau janji waktu.", author: "agency",
                command: "contact"),
        ]
        return Tracking(
            frame: SamplePages.frame("/lacak/X"), subject: .whole(report),
            own: OwnReport(
                permitted: [.comment, .withdraw], idempotencyKey: SamplePages.key, question: question,
                privacy: .init(
                    isHeld: held, mayContact: held, days: held ? 90 : nil, isErased: false, readings: readings)))
    }

    private static func erased(_ readings: [OwnReport.Reading]) -> Tracking {
        var report = SamplePages.report(.resolved)
        (report.isErased, report.description, report.landmark) = (true, "", nil)
        return Tracking(
            frame: SamplePages.frame("/lacak/X"), subject: .whole(report),
            own: OwnReport(
                permitted: [.rate, .comment], idempotencyKey: SamplePages.key, notice: .done(.erase),
                privacy: .init(isHeld: false, mayContact: false, days: nil, isErased: true, readings: readings)))
    }
}
