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

    /// Sends a message if libzmq has room for it, and keeps nothing: never `queued`. It may overtake what waits in the
    /// outbox.
    package func sendAtOnce(_ frames: [[UInt8]]) throws(ZeroMQError) -> SendOutcome {
        let handle = try opened(.send)
        defer { touch() }
        return outcome(of: try handle.send(frames))
    }

    /// The same of a message whose last two frames lie in `bytes`, until this returns.
    ///
    /// - Parameter head: the frames before those; a ROUTER's first one names the peer.
    package func sendAtOnce(
        _ head: [[UInt8]], from bytes: UnsafeRawBufferPointer, _ last: (Range<Int>, Range<Int>)
    ) throws(ZeroMQError) -> SendOutcome {
        let handle = try opened(.send)
        defer { touch() }
        var sending = SocketHandle.Sending.sent
        for index in 0..<(head.count + 2) {
            let part = SocketHandle.Part(index: index, isLast: index == head.count + 1)
            let sent: SocketHandle.Sending
            if index < head.count {
                sent = try unsafe handle.send(head[index], head[index].count, part)
            } else {
                let range = index == head.count ? last.0 : last.1
                sent = try unsafe handle.send(bytes.baseAddress?.advanced(by: range.lowerBound), range.count, part)
            }
            if sent == .sent { continue }
            sending = sent
            if index == 0 { break }
        }
        return outcome(of: sending)
    }

    private func outcome(of sending: SocketHandle.Sending) -> SendOutcome {
        switch sending {
        case .sent:
            sentCounter.increment()
            return .sent
        case .wouldBlock: return .full
        case .unreachable: return .unreachable
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
