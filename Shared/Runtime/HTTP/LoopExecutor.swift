package import NIOCore
internal import NIOPosix

/// Runs the door's tasks on the event loops' own threads: a request is read, judged and answered where its connection
/// lives, and only the store's answer comes from another thread.
///
/// So no task on a loop may block, or compute for long.
package final class LoopExecutor: TaskExecutor {
    /// nil: the loop that enqueues; from any other thread, the group's next one.
    private let loop: (any EventLoop)?
    private let group: MultiThreadedEventLoopGroup

    /// - Parameter loop: the one to stay on; nil for what belongs to no connection yet.
    fileprivate init(_ group: MultiThreadedEventLoopGroup, loop: (any EventLoop)? = nil) {
        self.group = group
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        let loop = loop ?? MultiThreadedEventLoopGroup.currentEventLoop ?? group.next()
        loop.execute { job.runSynchronously(on: executor) }
    }
}

/// An executor for each of the event loops.
package struct LoopExecutors: Sendable {
    /// Of the loops that all doors share.
    package static let shared = LoopExecutors(.singleton)

    /// For what belongs to no connection yet.
    let any: LoopExecutor
    private let own: [ObjectIdentifier: LoopExecutor]

    private init(_ group: MultiThreadedEventLoopGroup) {
        any = LoopExecutor(group)
        let loops = group.makeIterator().map { $0 }
        own = Dictionary(
            uniqueKeysWithValues: loops.map { (ObjectIdentifier($0), LoopExecutor(group, loop: $0)) })
    }

    /// For what belongs to a connection: it stays on the connection's thread.
    package subscript(loop: any EventLoop) -> LoopExecutor { own[ObjectIdentifier(loop)] ?? any }
}
