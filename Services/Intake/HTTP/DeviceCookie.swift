internal import Domain
internal import FoundationEssentials
internal import Hummingbird
internal import Runtime

/// A random number by which a browser is known again, and nothing that says which it is.
enum DeviceCookie {
    static let name = "sasando_perangkat"
    private static let seconds = 365 * 86_400

    /// The number that the browser keeps; where it keeps none, a new one that the answer brings.
    static func ensure(of request: Request, on response: inout Response, isSecure: Bool) {
        guard request.device == nil else { return }
        response.setCookie(name, UUID().text, seconds: seconds, isSecure: isSecure, sameSite: "Lax")
    }
}

extension Request {
    /// The number in the browser's cookie.
    var device: UUID? { cookie(DeviceCookie.name).flatMap { UUID(text: $0) } }

    func sender(_ context: WebContext) -> Sender { Sender(address: context.client(of: self), device: device) }
}
