/// How far one consumer over ZeroMQ has come, and what is due to it; pure.
///
/// ```
///          HELLO            good              HELLO, or the stream broke off
///   ────────────▶ opening ───────▶ following ──────────▶ opening
///                    │                 │ no credit, and silent for a minute
///                    │ bad             ▼
///                    └──▶ refused ──▶ let go
/// ```
///
/// A refused consumer stays known for a minute: what it sent behind its HELLO is passed over, and a better HELLO is
/// heard.
package struct StreamSession: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// What is to be done next for the consumer.
    package enum Step: Hashable, Sendable {
        /// See whether the stream can be followed from there; the attempt stands in what comes of it.
        case open(StreamPosition, attempt: Int)
        /// Send what comes after the position, so many events at most.
        case send(atMost: Int, attempt: Int)
        case heartbeat
        /// Nothing, until it speaks, the stream grows or time passes.
        case wait
        /// It has given no credit and no sign of life for too long: forget it.
        case letGo
    }

    /// What it means that a position was found good.
    package enum Opening: Hashable, Sendable {
        /// The consumer has said HELLO again since.
        case stale
        /// It is to be told so.
        case welcome
        /// The stream goes on where it broke off, and nobody has to be told.
        case goOn
    }

    private enum Phase: Sendable {
        case opening(StreamPosition, isAgain: Bool)
        /// The position: what was sent last.
        case following(Cursor)
        case refused
    }

    /// Events that may be asked for ahead.
    package static let maximumCredit = 1_000_000
    /// What is sent after so long without anything else.
    package static let heartbeatInterval: Duration = .seconds(5)
    /// How long a consumer without credit may be silent.
    package static let patience: Duration = .seconds(60)

    private var phase: Phase
    private var attempt = 1
    /// Events that may be sent now.
    package private(set) var credit = 0
    private var acknowledged: Cursor?
    private var heardAt: Instant
    private var sentAt: Instant

    /// Begins with a consumer's first HELLO.
    package init(hello position: StreamPosition, at now: Instant) {
        phase = .opening(position, isAgain: false)
        (heardAt, sentAt) = (now, now)
    }

    // MARK: What the consumer says

    package mutating func take(_ command: StreamCommand, at now: Instant) throws(StreamFault) {
        heardAt = now
        switch (command, phase) {
        case (.hello(let position), _):
            phase = .opening(position, isAgain: false)
            attempt += 1
            (credit, acknowledged) = (0, nil)
        case (_, .refused): break
        case (.credit(let count), _):
            guard count <= Self.maximumCredit - credit else { throw .tooMuchCredit }
            credit += count
        case (.acknowledge(let cursor), .following(let sent)):
            guard cursor.epoch <= sent.epoch, cursor.seq <= sent.seq else { throw .ahead }
            acknowledged = max(acknowledged ?? cursor, cursor)
        // What was sent before the HELLO, or is where it begins: of no use until it is known to be good.
        case (.acknowledge, .opening): break
        }
    }

    // MARK: What was done for it

    /// The position of this attempt is good, and stands at this cursor.
    package mutating func opened(_ attempt: Int, at cursor: Cursor, _ now: Instant) -> Opening {
        guard attempt == self.attempt, case .opening(_, let isAgain) = phase else { return .stale }
        phase = .following(cursor)
        if isAgain { return .goOn }
        sentAt = now
        return .welcome
    }

    /// The position of this attempt is not good; false if the consumer has said HELLO again since.
    package mutating func refused(_ attempt: Int) -> Bool {
        guard attempt == self.attempt else { return false }
        phase = .refused
        credit = 0
        return true
    }

    /// So many events were sent, the last of them with this cursor.
    package mutating func sent(_ count: Int, through cursor: Cursor, _ attempt: Int, at now: Instant) {
        guard attempt == self.attempt, count > 0 else { return }
        phase = .following(cursor)
        credit -= count
        sentAt = now
    }

    package mutating func sentHeartbeat(at now: Instant) { sentAt = now }

    /// What comes next can no longer be had: see anew whether the stream can be followed from where the consumer is.
    package mutating func brokeOff(_ attempt: Int) {
        guard attempt == self.attempt, case .following(let cursor) = phase else { return }
        phase = .opening(.after(cursor), isAgain: true)
        self.attempt += 1
    }

    // MARK: What is due

    package func next(at now: Instant) -> Step {
        let isSilent = credit == 0 && now - heardAt >= Self.patience
        switch phase {
        case .opening(let position, _): return .open(position, attempt: attempt)
        case .refused: return isSilent ? .letGo : .wait
        case .following:
            if isSilent { return .letGo }
            if now - sentAt >= Self.heartbeatInterval { return .heartbeat }
            return credit > 0 ? .send(atMost: credit, attempt: attempt) : .wait
        }
    }

    /// How far the consumer has come by its own word, or, where it gives none, by what it was sent; nil while it is not
    /// known where it begins.
    package var reached: Int64? {
        guard case .following(let sent) = phase else { return nil }
        return acknowledged?.seq ?? sent.seq
    }
}
