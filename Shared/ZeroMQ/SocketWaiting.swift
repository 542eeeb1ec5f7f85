internal import Reactor

/// What a task waits for in a socket.
enum Waiting: Sendable {
    /// That a message may have come.
    case message
    /// That the outbox may have room.
    case room

    var operation: ZeroMQError.Operation { self == .message ? .receive : .send }
}

extension Socket {
    /// Suspends until it is this task's turn, the deadline has passed or the task is cancelled.
    ///
    /// Whoever is woken has been promised nothing: it tries, and waits again. So a cancelled wait loses no message.
    func wait(for what: Waiting, until deadline: ContinuousClock.Instant?) async throws(ZeroMQError) {
        if Task.isCancelled { throw ZeroMQError(what.operation, .cancelled) }
        lastWait += 1
        let id = lastWait
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                begin(id, what, continuation, until: deadline)
            }
        } onCancel: {
            reactor.post { self.assumeIsolated { $0.end(id, what, .cancelled) } }
        }
        try result.get()
    }

    private func begin(
        _ id: Int, _ what: Waiting, _ continuation: WaitList.Continuation, until deadline: ContinuousClock.Instant?
    ) {
        // On the way here the socket may have been closed, receiving ended or the task cancelled, each told to those who
        // waited then: whoever waits now would wait for ever.
        if Task.isCancelled { return continuation.resume(returning: .failure(ZeroMQError(what.operation, .cancelled))) }
        if isClosed { return continuation.resume(returning: .failure(ZeroMQError(what.operation, .closed))) }
        if what == .message, isReceivingEnded {
            return continuation.resume(returning: .failure(ZeroMQError(.receive, .cancelled)))
        }
        var timer: ReactorTimer?
        if let deadline {
            timer = reactor.timer { [weak self] in
                self?.assumeIsolated { $0.end(id, what, .timedOut) }
            }
            timer?.set(at: deadline)
        }
        switch what {
        case .message: receivers.append(id, continuation, timer: timer)
        case .room: senders.append(id, continuation, timer: timer)
        }
        touch()
    }

    private func end(_ id: Int, _ what: Waiting, _ code: ZeroMQError.Code) {
        let result: Result<Void, ZeroMQError> = .failure(ZeroMQError(what.operation, code))
        switch what {
        case .message: receivers.resume(id, with: result)
        case .room: senders.resume(id, with: result)
        }
    }
}
