/// The two addresses of this door, as discovery names them.
enum Open311Endpoint: String, CaseIterable, Sendable {
    case production
    /// For keys to try the doors with: what comes here reaches nobody, and is shown to who sent it alone.
    case test

    /// The path of discovery, without its name and format.
    var base: String {
        switch self {
        case .production: "/open311/v2"
        case .test: "/open311/test/v2"
        }
    }
}
