package import Domain

/// How a chat speaks, in Indonesian: what the machine of conversations says, in words.
package struct ChatWording: Sendable {
    package let city: City
    /// What links begin with.
    package let publicURL: String
    private let wording: Wording

    package init(city: City, publicURL: String, now: Timestamp) {
        self.city = city
        self.publicURL = publicURL
        wording = Wording(
            language: .indonesian, offset: city.utcOffset, zone: city.timezoneLabel, now: now)
    }

    /// What stands on the button that sends the phone's position.
    package static var placeButton: String { Texts.indonesian.find("chat.send_place") ?? "" }

    private var name: String { city.name.id }

    /// - Parameter own: the report's private link, for who has just sent it.
    package func text(_ reply: ChatReply, own: String? = nil) -> String {
        switch reply {
        case .privacy: wording("chat.privacy", ["city": name])
        case .help: wording("chat.help", ["prefix": city.trackingPrefix])
        case .thanks: wording("chat.thanks")
        case .cancelled: wording("chat.cancelled")
        case .stopped: wording("chat.stopped")
        case .unsupported: wording("chat.unsupported")
        case .failed: wording("chat.failed")
        case .tooMany: wording("chat.too_many")
        case .photoAdded(let code): wording("chat.photo_added", ["code": code])
        case .photosLost: wording("chat.photo_lost")
        case .received(let sent, let category, let subtype):
            wording(
                "chat.received",
                [
                    "what": wording.category(category, subtype, in: city), "code": sent.code, "link": link(sent.code),
                    "own": own ?? "",
                ])
        case .emergency(let category): emergency(category)
        case .status(let code): wording("chat.unknown_code", ["code": code.text])
        case .askCode: wording("chat.ask_code", ["prefix": city.trackingPrefix])
        case .askDescription, .askPlace, .askCategory, .askLandmark, .askSubtype, .outsideCity, .unknownPlace:
            question(reply)
        }
    }

    private func question(_ reply: ChatReply) -> String {
        switch reply {
        case .askPlace: wording("chat.place", ["area": city.areas.first?.name ?? ""])
        case .askLandmark(let code): wording("chat.landmark", ["area": city.area(code)?.name ?? ""])
        case .askCategory: wording("chat.category", ["list": list(city.categories.map(\.name.id))])
        case .askSubtype(let code):
            wording("chat.subtype", ["list": list(city.category(code)?.subtypes.map(\.name.id) ?? [])])
        case .outsideCity: wording("chat.outside", ["city": name])
        case .unknownPlace: wording("chat.unknown_place")
        default: wording("chat.description", ["list": list(city.categories.map(\.name.id))])
        }
    }

    private func list(_ names: [String]) -> String {
        let lines = names.enumerated().map { "\($0.offset + 1). \($0.element)" }
        return (lines + ["0. \(wording("category.other"))"]).joined(separator: "\n")
    }

    private func emergency(_ code: CategoryCode) -> String {
        let category = city.category(code)
        let numbers = (category?.confirmedEmergency ?? []).map { "\($0.number) (\($0.label.id))" }
        let call =
            numbers.isEmpty
            ? wording("chat.urgent_no_number")
            : wording("chat.urgent", ["numbers": numbers.joined(separator: ", ")])
        return ([category?.note?.id, call].compactMap { $0 }).joined(separator: "\n")
    }

    package func link(_ code: String) -> String { "\(publicURL)/lacak/\(code)" }

    // MARK: Where a report stands

    /// What anybody may know who has the code.
    package func status(
        _ code: String, _ status: ReportStatus, agency: AgencyCode?, receivedAt: Timestamp, deadlines: Deadlines?
    ) -> String {
        var lines = [
            wording(
                "chat.status",
                [
                    "code": code, "status": wording("status.\(status.rawValue)"),
                    "means": wording("status_means.\(status.rawValue)"), "received": wording.moment(receivedAt),
                ])
        ]
        if let agency { lines.append(wording("chat.agency", ["agency": wording.agency(agency, in: city)])) }
        if status.isOpen, let deadlines {
            lines.append(wording("chat.due", ["due": wording.moment(deadlines.resolveBy)]))
        }
        return (lines + [link(code)]).joined(separator: "\n")
    }

    /// News of a report: its text, and what a template's two places are filled with. Of what is private only that there
    /// is some: who holds the phone may be somebody else.
    package func news(
        _ code: String, _ status: ReportStatus, category: CategoryCode?, subtype: SubtypeCode?, isPrivate: Bool
    ) -> (text: String, parameters: [String]) {
        guard !isPrivate else {
            let text = wording("chat.news_private", ["code": code])
            return ("\(text)\n\(link(code))", [code, wording("chat.news_short")])
        }
        let name = wording("status.\(status.rawValue)")
        let text = wording(
            "chat.news",
            [
                "code": code, "what": wording.category(category, subtype, in: city), "status": name,
                "means": wording("status_means.\(status.rawValue)"),
            ])
        return ("\(text)\n\(link(code))", [code, name])
    }
}
