internal import Metrics
internal import Reactor

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
    ///
    /// - Parameter bytes: No further message is taken once so many have been.
    package func receive(
        upTo count: Int, bytes: Int = .max, until deadline: ContinuousClock.Instant? = nil
    ) async throws(ZeroMQError) -> [Message] {
        precondition(count > 0)
        while true {
            let messages = try take(upTo: count, bytes: bytes)
            if !messages.isEmpty { return messages }
            try await wait(for: .message, until: deadline)
        }
    }

    /// From now on nothing is received any more: whoever waits, or asks later, gets `cancelled`. Sending goes on, and
    /// what has come stays with libzmq.
    package nonisolated func endReceiving() {
        reactor.post {
            self.assumeIsolated { socket in
                socket.isReceivingEnded = true
                socket.receivers.resumeAll(with: .failure(ZeroMQError(.receive, .cancelled)))
            }
        }
    }

    private func take(upTo count: Int, bytes: Int) throws(ZeroMQError) -> [Message] {
        let handle = try opened(.receive)
        if isReceivingEnded { throw ZeroMQError(.receive, .cancelled) }
        defer { touch() }
        var messages: [Message] = []
        var size = 0
        var dropped = 0
        // Bounded, so that a peer that sends only what must be dropped does not keep the thread.
        while messages.count < count, size < bytes, dropped < 256 {
            let received = try handle.receive(
                maxFrames: options.maxFrames, withSender: knowsSenders, cutting: options.cutsMessages)
            switch received {
            case .message(let message)?:
                messages.append(message)
                size += message.frames.reduce(0) { $0 + $1.count }
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
