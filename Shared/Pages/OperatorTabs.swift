/// The way between the operator's pages.
enum OperatorTabs {
    private static let all = [
        ("dashboard", "/dashboard"), ("moderation", "/moderasi"), ("counter", "/loket"),
        ("announcements", "/pengumuman"),
    ]

    /// - Parameter here: the page that they stand on.
    static func values(_ wording: Wording, here: String) -> [[String: Any]] {
        all.map { name, path in ["name": wording("operator.\(name)"), "href": path, "here": name == here] }
    }
}
