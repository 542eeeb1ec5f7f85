internal import Crypto
package import FoundationEssentials

/// When a form was opened, in a form of words that only we can write: so that who fills one in, and what sends many at
/// once, can be told apart without asking anybody to read crooked letters.
///
/// It belongs to the form's own key, under which one report is stored at most: a stamp that was waited for is good for
/// that report and no other, and nothing has to be remembered.
package struct FormTime: Sendable {
    /// Nobody reads and fills in a form in less, in seconds.
    package static let shortestSeconds = 4
    /// A form that was left open for longer is asked to be confirmed, in seconds.
    package static let longestSeconds = 86_400

    package enum Finding: Hashable, Sendable {
        case passed
        /// The stamp is ours, and it will do once so many seconds have passed.
        case early(seconds: Int)
        /// There is none, or it is another form's, or too old.
        case unknown
    }

    private let key: SymmetricKey

    /// - Parameter secret: the one that reporters' keys are made with; what follows from it here is good for nothing else.
    package init(secret: [UInt8]) {
        let code = HMAC<SHA256>.authenticationCode(for: Array("form-time".utf8), using: SymmetricKey(data: secret))
        key = SymmetricKey(data: Array(code))
    }

    /// `<seconds since 1970>.<32 hexadecimal digits>`, to be posted with the form.
    package func stamp(for form: UUID, at now: Timestamp) -> String {
        let seconds = now.microseconds / 1_000_000
        return "\(seconds).\(code(seconds, form))"
    }

    package func judge(_ stamp: String?, for form: UUID, at now: Timestamp) -> Finding {
        guard let stamp, stamp.utf8.count <= 64, let dot = stamp.firstIndex(of: "."),
            let seconds = Int64(stamp[..<dot]), seconds > 0, seconds < 1 << 40,
            Self.isSame(stamp[stamp.index(after: dot)...], code(seconds, form))
        else { return .unknown }
        let age = now.microseconds / 1_000_000 - seconds
        if age > Int64(Self.longestSeconds) { return .unknown }
        if age < Int64(Self.shortestSeconds) { return .early(seconds: Self.shortestSeconds - Int(max(0, age))) }
        return .passed
    }

    private func code(_ seconds: Int64, _ form: UUID) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array("\(seconds) \(form.text)".utf8), using: key)
        return code.prefix(16).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// In a time that does not tell how much of it is right.
    private static func isSame(_ text: Substring, _ other: String) -> Bool {
        guard text.utf8.count == other.utf8.count else { return false }
        return zip(text.utf8, other.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
