internal import Storage

// People who report in chats, and what they should have been told.
extension Diagnosis {
    static func chats(_ late: [DoctorFindings.LateChats]) -> Check {
        Check(
            "chats", late.isEmpty, late.isEmpty ? "nobody waits" : late.map(told).joined(separator: "; "),
            else: late.contains(where: \.isLeft)
                ? "start an intake that has the channel's settings (SASANDO_WHATSAPP_…, SASANDO_TELEGRAM_…), or see its log"
                : "see whether the provider works and takes our token: a message is given up after some five hours")
    }

    private static func told(_ late: DoctorFindings.LateChats) -> String {
        let what =
            switch late.kind {
            case .chats: "\(late.count) chats not looked at"
            case .news: "news of \(late.count) reports not put into words"
            case .messages: "\(late.count) messages not taken by the provider, \(late.tried) of them offered"
            }
        return "\(late.channel): \(what), the first for \(Int(late.seconds)) s"
    }
}

extension DoctorFindings.LateChats {
    /// Whether nobody even tries. Of one person's messages the later ones wait for the first, and are not offered.
    fileprivate var isLeft: Bool { kind != .messages || tried == 0 }
}
