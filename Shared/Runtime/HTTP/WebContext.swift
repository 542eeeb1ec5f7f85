package import HTTPTypes
package import Hummingbird
package import NIOCore

/// What is known of a request beside the request itself.
package struct WebContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The other end of the connection: the front door, or the client itself.
    package let peer: SocketAddress?
    /// What carries the connection: once it has had a turn, a long answer's writer knows how much is still unsent.
    package var eventLoop: any EventLoop { channel.eventLoop }
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress
        channel = source.channel
    }

    package var maxUploadSize: Int { HTTPLimits.body }

    /// Who asks: the peer, or whom the front door names.
    package func client(of request: Request) -> ClientAddress {
        ClientAddress(peer: peer.map(ClientAddress.init) ?? .local, forwardedFor: request.headers[.xForwardedFor])
    }
}

/// The bounds of every HTTP door.
package enum HTTPLimits {
    /// Bytes of a body, unless a route says otherwise.
    package static let body = 65_536
    static let headerField = 16_384
    static let headerList = 32_768
    static let headerCount = 100
    static let backlog = 1024
    /// How long a connection stays open after an answer that leaves a body unread.
    static let lingerSeconds: Int64 = 2
}

extension HTTPField.Name {
    package static let xForwardedFor = Self("X-Forwarded-For")!
    package static let xForwardedProto = Self("X-Forwarded-Proto")!
    package static let secFetchSite = Self("Sec-Fetch-Site")!
    package static let referrerPolicy = Self("Referrer-Policy")!
    package static let permissionsPolicy = Self("Permissions-Policy")!
    package static let crossOriginOpenerPolicy = Self("Cross-Origin-Opener-Policy")!
    package static let idempotencyKey = Self("Idempotency-Key")!
    package static let idempotencyReplayed = Self("Idempotency-Replayed")!
    package static let lastEventID = Self("Last-Event-ID")!
}
