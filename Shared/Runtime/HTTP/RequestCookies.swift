package import Hummingbird
internal import HTTPTypes

extension Request {
    /// The value of a cookie (RFC 6265, section 4.2), without quotes.
    package func cookie(_ name: String) -> String? {
        for header in headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
                var value = pair[pair.index(after: equals)...]
                if value.count >= 2, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
                return String(value)
            }
        }
        return nil
    }
}

extension Response {
    /// Sets a cookie that scripts cannot read and other sites cannot make use of.
    ///
    /// - Parameters:
    ///   - seconds: How long it is kept; 0 removes it.
    ///   - isSecure: Whether the front door speaks TLS.
    ///   - sameSite: `Strict`, or `Lax` for what must survive following a link from outside.
    package mutating func setCookie(
        _ name: String, _ value: String, seconds: Int, isSecure: Bool, sameSite: String = "Strict"
    ) {
        let secure = isSecure ? "; Secure" : ""
        headers.append(
            .init(
                name: .setCookie,
                value: "\(name)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=\(sameSite)\(secure)"))
    }
}
