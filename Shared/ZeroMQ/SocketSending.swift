internal import Metrics
internal import Reactor

extension Socket {
    /// Hands a message to libzmq, or to the outbox where libzmq has no room.
    ///
    /// A ROUTER's first frame names the peer. PUB drops what a subscriber has no room for.
    @discardableResult
    package func send(_ frames: [[UInt8]]) throws(ZeroMQError) -> SendOutcome {
        let outcome = try offer(frames)
        if outcome == .full { droppedCounter.increment() }
        return outcome
    }

    /// Sends a message, suspending while there is no room: never `full`.
    ///
    /// Throws `timedOut` at the deadline, and `cancelled`: then the message was not taken.
    @discardableResult
    package func sendWaiting(
        _ frames: [[UInt8]], until deadline: ContinuousClock.Instant? = nil
    ) async throws(ZeroMQError) -> SendOutcome {
        while true {
            let outcome = try offer(frames)
            if outcome != .full { return outcome }
            try await wait(for: .room, until: deadline)
        }
    }

    /// How many messages wait in the outbox.
    package var queued: Int { outbox.count }

    private func offer(_ frames: [[UInt8]]) throws(ZeroMQError) -> SendOutcome {
        let handle = try opened(.send)
        defer { touch() }
        if !outbox.isWaiting(before: frames) {
            switch try handle.send(frames) {
            case .sent:
                sentCounter.increment()
                return .sent
            case .unreachable: return .unreachable
            case .wouldBlock: break
            }
        }
        return outbox.append(frames) ? .queued : .full
    }

    func flush(_ handle: SocketHandle) throws(ZeroMQError) {
        if outbox.isEmpty { return }
        let result = try outbox.flush { frames throws(ZeroMQError) in try handle.send(frames) }
        if result.sent > 0 { sentCounter.increment(by: result.sent) }
        if result.unreachable > 0 { droppedCounter.increment(by: result.unreachable) }
        for _ in 0..<(result.sent + result.unreachable) { senders.resumeFirst(with: .success(())) }
        if kind == .router && !outbox.isEmpty { retrySoon() }
    }

    /// A ROUTER's events do not say *which* peer has room again, and a send to one peer can swallow the news of
    /// another. So as long as messages wait for a peer, they are tried again, edge or not.
    private func retrySoon() {
        let timer = retry ?? reactor.timer { [weak self] in self?.assumeIsolated { $0.touch() } }
        retry = timer
        if !timer.isSet { timer.set(after: .milliseconds(5)) }
    }
}
