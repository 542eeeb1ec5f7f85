package import Domain

/// News of a report as a phone shows it: what the service worker reads, `{"title", "body"?, "url", "tag", "lang"}`.
package struct PushNotice: Sendable {
    package var city: City
    package var trackingCode: String
    package var status: ReportStatus
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    /// Of what is private nothing stands on a screen that others see: only that there is news.
    package var isPrivate: Bool

    package init(
        city: City, trackingCode: String, status: ReportStatus, category: CategoryCode?, subtype: SubtypeCode?,
        isPrivate: Bool
    ) {
        self.city = city
        self.trackingCode = trackingCode
        self.status = status
        self.category = category
        self.subtype = subtype
        self.isPrivate = isPrivate
    }

    package func payload(_ language: Language) -> [UInt8] {
        let wording = Wording(
            language: language, offset: city.utcOffset, zone: city.timezoneLabel, now: Timestamp(microseconds: 0))
        var writer = JSONWriter()
        writer.object {
            if isPrivate {
                $0.member("title", wording("push.news"))
            } else {
                let what = wording.category(category, subtype, in: city)
                $0.member("title", "\(what): \(wording("status.\(status.rawValue)"))")
                $0.member("body", wording("status_means.\(status.rawValue)"))
            }
            $0.member("url", "/lacak/\(trackingCode)")
            // Later news of a report takes the place of earlier.
            $0.member("tag", trackingCode)
            $0.member("lang", language.rawValue)
        }
        return writer.bytes
    }
}
