/// A question of libzmq's: may the holder of this key come in? (ZeroMQ RFC 27)
struct ZAPRequest: Hashable {
    /// The frames that lead the answer back: the asking session, and the empty delimiter.
    var envelope: [[UInt8]]
    var id: [UInt8]
    var domain: String
    /// Nil for every mechanism but CURVE.
    var publicKey: CurvePublicKey?

    /// Nil for what is not a request of version 1.0.
    init?(_ frames: [[UInt8]]) {
        guard frames.count >= 8, frames[1].isEmpty, frames[2] == Array("1.0".utf8) else { return nil }
        envelope = Array(frames[0...1])
        id = frames[3]
        domain = String(decoding: frames[4], as: UTF8.self)
        if frames[7] == Array("CURVE".utf8), frames.count == 9 { publicKey = CurvePublicKey(bytes: frames[8]) }
    }

    func answer(_ decision: ZAPDecision) -> [[UInt8]] {
        let text: (status: String, reason: String, user: String) =
            switch decision {
            case .admitted(let key): ("200", "OK", key.z85)
            // Not 400: after that the client gives up for good.
            case .refused: ("300", "not now", "")
            }
        return envelope + ["1.0", id.text, text.status, text.reason, text.user, ""].map { Array($0.utf8) }
    }
}

enum ZAPDecision: Hashable {
    case admitted(CurvePublicKey)
    case refused
}

extension [UInt8] {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
