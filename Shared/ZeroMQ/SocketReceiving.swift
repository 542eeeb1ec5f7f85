internal import Metrics

extension Socket {
    /// Takes the next message, suspending until there is one.
    ///
    /// Throws `timedOut` at the deadline, `cancelled` when the task is cancelled (no message is lost by it), and
    /// `closed`.
    package func receive(until deadline: ContinuousClock.Instant? = nil) async throws(ZeroMQError) -> [[UInt8]] {
        try await receive(upTo: 1, until: deadline)[0].frames
    }

    /// Takes the next message together with who sent it.
    package func receiveMessage(until deadline: ContinuousClock.Instant? = nil) async throws(ZeroMQError) -> Message {
        try await receive(upTo: 1, until: deadline)[0]
    }

    /// Takes what has come, at most `count` messages; suspends until there is at least one.
    package func receive(
        upTo count: Int, until deadline: ContinuousClock.Instant? = nil
    ) async throws(ZeroMQError) -> [Message] {
        precondition(count > 0)
        while true {
            let messages = try take(upTo: count)
            if !messages.isEmpty { return messages }
            try await wait(for: .message, until: deadline)
        }
    }

    private func take(upTo count: Int) throws(ZeroMQError) -> [Message] {
        let handle = try opened(.receive)
        defer { touch() }
        var messages: [Message] = []
        var dropped = 0
        // Bounded, so that a peer that sends only what must be dropped does not keep the thread.
        while messages.count < count, dropped < 256 {
            switch try handle.receive(maxFrames: options.maxFrames, withSender: knowsSenders) {
            case .message(let message)?: messages.append(message)
            case .dropped?: dropped += 1
            case nil:
                countReceived(messages.count, dropped: dropped)
                return messages
            }
        }
        countReceived(messages.count, dropped: dropped)
        return messages
    }

    private func countReceived(_ received: Int, dropped: Int) {
        if received > 0 { receivedCounter.increment(by: received) }
        if dropped > 0 { droppedCounter.increment(by: dropped) }
    }

    private var knowsSenders: Bool {
        if case .curveServer = security { true } else { false }
    }
}
