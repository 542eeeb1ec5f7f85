package import Domain

/// `/laporan.atom`: the same list for feed readers (RFC 4287).
package struct Feed: Sendable {
    package struct Entry: Sendable {
        package var report: ReportView
        package var updated: Timestamp

        package init(report: ReportView, updated: Timestamp) {
            self.report = report
            self.updated = updated
        }
    }

    private let frame: Frame
    private let entries: [Entry]
    private let publicURL: String
    private let ownPath: String
    private let listPath: String
    private let choice: PublicList.Choice

    /// - Parameters:
    ///   - publicURL: what links are built from.
    ///   - ownPath: this feed's.
    ///   - listPath: the same as a page.
    package init(
        frame: Frame, entries: [Entry], publicURL: String, ownPath: String, listPath: String,
        choice: PublicList.Choice
    ) {
        self.frame = frame
        self.entries = entries
        self.publicURL = publicURL
        self.ownPath = ownPath
        self.listPath = listPath
        self.choice = choice
    }

    package func render(language: Language) -> String {
        let wording = Wording(
            language: language, offset: frame.city?.utcOffset ?? 0, zone: frame.city?.timezoneLabel ?? "UTC",
            now: frame.now)
        var title = [wording("public.title"), frame.city?.name[language] ?? ""]
        if let category = choice.category { title.append(wording.category(category, nil, in: frame.city)) }
        if let area = choice.area.flatMap({ frame.city?.area($0) }) { title.append(area.name) }
        let updated = entries.map(\.updated).max() ?? frame.now
        return Templates.render(
            "feed",
            [
                "title": title.filter { !$0.isEmpty }.joined(separator: " · "), "lang": language.rawValue,
                "own": publicURL + ownPath, "list": publicURL + listPath, "updated": wording.machine(updated),
                "city": frame.city?.name[language] ?? "Sasando",
                "entries": entries.map { entry($0, wording) },
            ])
    }

    private func entry(_ entry: Entry, _ wording: Wording) -> [String: Any] {
        let report = entry.report
        let category = wording.category(report.category, report.subtype, in: frame.city)
        let place = wording.place(of: report, isShort: true).first
        return [
            "id": report.id, "link": "\(publicURL)/lacak/\(report.trackingCode)",
            "title": Self.readable([category, place].compactMap(\.self).joined(separator: ", ")),
            "published": wording.machine(report.receivedAt), "updated": wording.machine(entry.updated),
            "category": category, "status": wording("status.\(report.status.rawValue)"),
            "text": Self.readable(wording.description(of: report)),
        ]
    }

    /// Without what XML has no way to write (XML 1.0, section 2.2).
    private static func readable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { scalar in
                    switch scalar.value {
                    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
                    default: false
                    }
                }))
    }
}
