internal import Domain

/// A report as it leaves the desk: the way there for a phone's navigation, and a text for the team's chat.
///
/// It holds what the agency may see, and so nothing of who reported it.
struct Forwarding {
    /// Where to go.
    enum Destination: Hashable {
        case point(Coordinate)
        /// Looked up by words: what stands for the place is the middle of its kelurahan, or nothing.
        case words(String)
    }

    /// A link holds no more of a description, in characters; browsers and chats cut long addresses.
    static let longestInLink = 700

    let report: ReportView
    let city: City?
    let wording: Wording

    /// Nil where nothing says where it is.
    var destination: Destination? {
        let isMiddleOfArea = ["area", "address"].contains(report.locationSource)
        if let point = report.location, !(isMiddleOfArea && report.address != nil) { return .point(point) }
        guard let address = report.address ?? report.landmark ?? report.area?.name else { return nil }
        let area = report.area.flatMap { $0.name == address ? nil : $0.name }
        return .words([address, area, city?.name.id].compactMap(\.self).joined(separator: ", "))
    }

    // MARK: links

    /// `geo:` (RFC 5870, with the `q` that phones' maps look up): opens the navigation that the phone has.
    static func navigation(to destination: Destination) -> String {
        switch destination {
        case .point(let point): "geo:\(point.lat),\(point.lon)?q=\(point.lat),\(point.lon)"
        case .words(let words): "geo:0,0?q=\(LocalPath.inQuery(words))"
        }
    }

    /// The way there on the web, for phones and computers that know no `geo:`.
    static func route(to destination: Destination) -> String {
        "https://www.google.com/maps/dir/?api=1&destination=\(LocalPath.inQuery(place(of: destination)))"
    }

    /// The place on the web, for a chat that makes a link of it.
    static func map(of destination: Destination) -> String {
        "https://www.google.com/maps/search/?api=1&query=\(LocalPath.inQuery(place(of: destination)))"
    }

    private static func place(of destination: Destination) -> String {
        switch destination {
        case .point(let point): "\(point.lat),\(point.lon)"
        case .words(let words): words
        }
    }

    /// Opens WhatsApp with the text, which then asks to whom it goes.
    var chatLink: String {
        "https://wa.me/?text=\(LocalPath.inQuery(text(longest: Self.longestInLink)))"
    }

    // MARK: text

    /// The text for a chat; asterisks make bold there. Times are absolute, since it is read later.
    func text(longest: Int? = nil) -> String {
        let category = wording.category(report.category, report.subtype, in: city)
        var lines = ["*\(category)* · \(report.trackingCode)"]
        if report.isUrgent { lines.insert("*\(wording("desk.urgent").uppercased())*", at: 0) }
        if report.visibility == "private" { lines.append(wording("forward.private")) }
        let place = wording.place(of: report)
        if !place.isEmpty { lines.append("\(wording("forward.place")): \(place.joined(separator: " · "))") }
        if let destination { lines.append("\(wording("forward.map")): \(Self.map(of: destination))") }
        lines += promises
        let description = longest.map { Self.cut(report.description, at: $0) } ?? report.description
        return (lines + ["", description]).joined(separator: "\n")
    }

    /// The promises that still run.
    private var promises: [String] {
        wording.deadlines(report).compactMap { line in
            guard line["runs"] as? Bool == true, let name = line["name"] as? String, let due = line["due"] as? Timestamp
            else { return nil }
            return "\(name): \(wording.day(due)), \(wording.clock(due))"
        }
    }

    private static func cut(_ text: String, at longest: Int) -> String {
        text.count > longest ? text.prefix(longest - 1) + "…" : text
    }

    // MARK: what the page shows

    var values: [String: Any] {
        var values: [String: Any] = ["text": text(), "chat": chatLink]
        if let destination {
            values["go"] = [
                "navigation": Self.navigation(to: destination), "route": Self.route(to: destination),
            ]
        }
        return values
    }
}
