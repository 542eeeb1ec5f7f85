internal import Crypto

/// Where one browser can be told of news: its push service's address, and the keys for what only the browser reads
/// (W3C Push API; RFC 8291, section 2).
package struct PushSubscription: Hashable, Sendable {
    /// Whoever knows it can send there, so it is never shown again and never logged.
    package let endpoint: WebAddress
    /// The browser's public key: a point on P-256, uncompressed, 65 bytes.
    package let publicKey: [UInt8]
    /// The secret by which the browser knows that it was the site that it subscribed to, 16 bytes.
    package let secret: [UInt8]

    /// Nil where the key is no point of the curve, or one of them has another size.
    package init?(endpoint: WebAddress, publicKey: [UInt8], secret: [UInt8]) {
        guard secret.count == 16, publicKey.count == 65,
            (try? P256.KeyAgreement.PublicKey(x963Representation: publicKey)) != nil
        else { return nil }
        self.endpoint = endpoint
        self.publicKey = publicKey
        self.secret = secret
    }

    /// What the store knows the endpoint by: its SHA-256.
    package var endpointHash: [UInt8] { Self.hash(of: endpoint.text) }

    package static func hash(of endpoint: String) -> [UInt8] { Array(SHA256.hash(data: Array(endpoint.utf8))) }
}

/// What `POST /v1/push` asks for, decoded and judged as far as its text tells.
package struct PushRequest: Hashable, Sendable {
    /// What is to be told to the subscription.
    package enum Subject: Hashable, Sendable {
        /// Tell of this report: its id or its tracking code.
        case report(String)
        /// The browser has another subscription now; this was the one before. Its secret is the proof: a push service
        /// knows the endpoint alone.
        case replacement(of: PushSubscription)
    }

    package var subject: Subject
    package var subscription: PushSubscription

    /// Reads `{"report", "subscription"}` or `{"replaces", "subscription"}`, subscriptions as a browser writes them:
    /// `{"endpoint", "keys": {"p256dh", "auth"}}`. Nil for what is no JSON, all faults at once for the rest.
    package static func read(_ body: [UInt8], policy: AddressPolicy) -> Result<PushRequest, Faults>? {
        guard let reading = try? JSONReader.read(body) else { return nil }
        var reader = MemberReader(reading)
        let report = reader.text("report", TextRule(maximum: 64))
        if !reader.has("replaces") { reader.require("report") }
        let replaced = reader.object("replaces") { $0.subscription(policy) }
        reader.require("subscription")
        let subscription = reader.object("subscription") { $0.subscription(policy) }
        guard reader.faults.isEmpty, let subscription,
            let subject = replaced.map(Subject.replacement) ?? report.map(Subject.report)
        else { return .failure(Faults(reader.faults)) }
        return .success(PushRequest(subject: subject, subscription: subscription))
    }
}

/// What `DELETE /v1/push` asks for: who knows an endpoint may end what is told there.
package struct PushEnd: Hashable, Sendable {
    /// Its id or tracking code; nil for every report.
    package var report: String?
    package var endpointHash: [UInt8]

    /// Reads `{"report"?, "endpoint"}`.
    package static func read(_ body: [UInt8]) -> Result<PushEnd, Faults>? {
        guard let reading = try? JSONReader.read(body) else { return nil }
        var reader = MemberReader(reading)
        let report = reader.text("report", TextRule(maximum: 64))
        reader.require("endpoint")
        let endpoint = reader.text("endpoint", TextRule(maximum: WebAddress.lengthLimit))
        guard reader.faults.isEmpty, let endpoint else { return .failure(Faults(reader.faults)) }
        return .success(PushEnd(report: report, endpointHash: PushSubscription.hash(of: endpoint)))
    }
}

extension MemberReader {
    fileprivate mutating func subscription(_ policy: AddressPolicy) -> PushSubscription? {
        require("endpoint")
        require("keys")
        let written = code("endpoint")
        let endpoint = written.flatMap { WebAddress($0) }
        if written != nil, endpoint?.isPermitted(by: policy) != true { report(.malformedAddress, at: "endpoint") }
        let keys = object("keys") { keys -> ([UInt8], [UInt8])? in
            let publicKey = keys.key("p256dh", bytes: 65)
            let secret = keys.key("auth", bytes: 16)
            guard let publicKey, let secret else { return nil }
            return (publicKey, secret)
        }
        guard let endpoint, let (publicKey, secret) = keys else { return nil }
        let made = PushSubscription(endpoint: endpoint, publicKey: publicKey, secret: secret)
        if made == nil { report(.malformedKey, at: "keys") }
        return made
    }

    private mutating func key(_ name: String, bytes count: Int) -> [UInt8]? {
        require(name)
        guard let text = code(name) else { return nil }
        guard let bytes = Base64URL.decode(text), bytes.count == count else {
            report(.malformedKey, at: name)
            return nil
        }
        return bytes
    }
}
