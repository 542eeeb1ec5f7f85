/// The kinds of our own processes that tell each other of news.
package enum PeerService: String, Sendable, CaseIterable { case intake, routing, notifier, analytics }

/// Something happened to what the topic names; what, the store tells. A hint may be lost, late or repeated.
package struct Hint: Hashable, Sendable {
    /// Such as `inbox` or `stream/kupang/dlhk`.
    package var topic: String
    /// A cursor, or nothing.
    package var payload: String

    package init(topic: String, payload: String = "") {
        self.topic = topic
        self.payload = payload
    }
}
