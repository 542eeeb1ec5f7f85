package import Domain

/// `/lacak`: a box to type a code into.
package struct TrackingBox: Page {
    package enum Problem: Sendable {
        /// Not a tracking code: too short, a wrong letter, or the check character does not fit.
        case malformed
        /// A well-formed code that no report has.
        case unknown
    }

    package var frame: Frame
    package var typed: String
    package var problem: Problem?

    package init(frame: Frame, typed: String = "", problem: Problem? = nil) {
        self.frame = frame
        self.typed = typed
        self.problem = problem
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = ["typed": typed]
        values["problem"] = problem.map { wording($0 == .malformed ? "track.malformed" : "track.unknown") }
        return PageContent(
            template: "tracking_box", title: wording("track.title"), styles: ["controls.css", "citizen.css"],
            scripts: ["app.js"], here: "track", values: values)
    }
}

/// `/lacak/{code}`: where a report stands.
package struct Tracking: Page {
    /// A private report, for who does not hold its key: that it is there, who has it, and by when.
    package struct Limited: Sendable {
        package var trackingCode: String
        package var status: ReportStatus
        package var agency: AgencyCode?
        package var receivedAt: Timestamp
        package var deadlines: Deadlines?

        package init(
            trackingCode: String, status: ReportStatus, agency: AgencyCode?, receivedAt: Timestamp,
            deadlines: Deadlines?
        ) {
            self.trackingCode = trackingCode
            self.status = status
            self.agency = agency
            self.receivedAt = receivedAt
            self.deadlines = deadlines
        }
    }

    package enum Subject: Sendable {
        case whole(ReportView)
        case limited(Limited)
    }

    package var frame: Frame
    package var subject: Subject
    /// What the reader may do who holds the reporter's key.
    package var own: OwnReport?
    /// Whether the reader has just said that it is their problem too.
    package var isFollowed: Bool
    /// Of the form that says so.
    package var followKey: String
    /// Whether the operator has hidden it from everybody else; told to its reporter.
    package var isHidden: Bool
    /// Whether the reader may say that something is wrong with what it says.
    package var isFlaggable: Bool

    /// What a browser subscribes to the report's news with; nil where it cannot.
    package var news: String?

    package init(
        frame: Frame, subject: Subject, own: OwnReport? = nil, isFollowed: Bool = false, followKey: String = "",
        isHidden: Bool = false, isFlaggable: Bool = false, news: String? = nil
    ) {
        self.news = news
        self.frame = frame
        self.subject = subject
        self.own = own
        self.isFollowed = isFollowed
        self.followKey = followKey
        self.isHidden = isHidden
        self.isFlaggable = isFlaggable
    }

    package func content(_ wording: Wording) -> PageContent {
        let report = report
        var values: [String: Any] = [
            "code": report.trackingCode, "status": wording.status(report.status),
            "received": wording.moment(report.receivedAt), "deadlines": wording.deadlines(report),
            "has_deadlines": report.deadlines != nil, "stages": stages(report, wording),
            "limited": isLimited, "private": report.visibility == "private",
            "poll": "/v1/reports/\(report.trackingCode)", "version": report.version, "hidden": isHidden,
        ]
        if isFlaggable { values["flag"] = "/lacak/\(report.trackingCode)/tandai" }
        values["own"] = own?.values(wording, code: report.trackingCode, in: frame.city)
        values["news"] = NewsOffer.values(key: news, code: report.trackingCode)
        values["agency"] = report.agency.map { wording.agency($0, in: frame.city) }
        if !isLimited {
            var whole: [String: Any] = [
                "category": wording.category(report.category, report.subtype, in: frame.city),
                "icon": wording.icon(report.category), "description": report.description, "erased": report.isErased,
                "place": wording.place(of: report),
                "answers": wording.answers(report.answers, category: report.category, in: frame.city),
                "history": wording.history(report.history, staff: false, in: frame.city),
            ]
            whole["photos"] = wording.photoList(report.photos)
            values["whole"] = whole
            values["why"] = report.why
        }
        values["followed"] = isFollowed
        if mayFollow, !isFollowed { values["follow"] = ["key": followKey] }
        if let category = report.category.flatMap({ frame.city?.category($0) }), category.urgent,
            StatusLook(report.status).isOpen
        {
            values["call"] = wording.call(category, shown: true)
        }
        return PageContent(
            template: "tracking", title: title(wording),
            styles: ["controls.css", "citizen.css", "follow.css", "photos.css"], scripts: ["app.js", "tracking.js"],
            here: "track", summary: summary(wording), canonical: isShared ? "/lacak/\(report.trackingCode)" : nil,
            isUnlisted: !isShared, values: values)
    }

    /// Whether anyone may pass the page on: it shows a public report, and nothing that is its reporter's own.
    private var isShared: Bool {
        if case .whole(let report) = subject { report.visibility == "public" && own == nil } else { false }
    }

    private var mayFollow: Bool { isShared && StatusLook(report.status).isOpen && report.agency != nil }

    /// What and where, as a link to the page is shown; of a private report, and on its reporter's page, the code alone.
    private func title(_ wording: Wording) -> String {
        let status = wording("status.\(report.status.rawValue)")
        guard isShared, let area = report.area else { return "\(report.trackingCode) · \(status)" }
        let what = wording.category(report.category, report.subtype, in: frame.city)
        let place = wording(area.isApproximate ? "place.short_about" : "place.short_exact", ["area": area.name])
        return "\(what), \(place) · \(report.trackingCode)"
    }

    /// What a shared link shows beside its title, in our own words: messengers keep it for long after what people wrote
    /// may have been taken back.
    private func summary(_ wording: Wording) -> String? {
        guard isShared else { return nil }
        let who = report.agency.map { wording.agency($0, in: frame.city) } ?? wording("track.unrouted")
        return wording(
            "share.preview",
            ["status": wording("status.\(report.status.rawValue)"), "who": who, "day": wording.day(report.receivedAt)])
    }

    private var isLimited: Bool {
        if case .limited = subject { return true }
        return false
    }

    private var report: ReportView {
        switch subject {
        case .whole(let report): report
        case .limited(let limited):
            ReportView(
                id: "", trackingCode: limited.trackingCode, status: limited.status, description: "",
                receivedAt: limited.receivedAt, agency: limited.agency, deadlines: limited.deadlines,
                visibility: "private")
        }
    }

    /// Waiting, in work, done: three shapes with words. What ended otherwise was not in work as far as this tells.
    private func stages(_ report: ReportView, _ wording: Wording) -> [[String: Any]] {
        let look = StatusLook(report.status)
        let ended = look.colour == "off"
        let stages = ended ? [(1, "waiting"), (3, "ended")] : [(1, "waiting"), (2, "working"), (3, "done")]
        return stages.map { number, name in
            let state = number < look.stage ? "past" : number == look.stage ? "here" : "ahead"
            let icon = state == "past" ? "do-acknowledge" : state == "here" ? look.icon : "stage-ahead"
            return ["word": wording("stage.\(name)"), "state": state, "icon": icon, "current": state == "here"]
        }
    }
}
