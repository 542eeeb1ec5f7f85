package import Domain

/// The store's state as `sasandoctl doctor` finds it, in numbers; what they mean is decided by the doctor.
package struct DoctorFindings: Sendable {
    package struct Server: Sendable {
        package var version: String
        package var postgisVersion: String?
        package var synchronousCommit: String
        package var fsync: String
        package var dataChecksums: String
        package var checksumFailures: Int64
        package var autovacuum: String
        package var clock: Timestamp
        package var databaseBytes: Int64
        package var connections: Int64
        package var maximumConnections: Int64
        /// Transactions since the oldest row that is not frozen.
        package var transactionAge: Int64

        package init(
            version: String, postgisVersion: String?, synchronousCommit: String, fsync: String, dataChecksums: String,
            checksumFailures: Int64, autovacuum: String, clock: Timestamp, databaseBytes: Int64, connections: Int64,
            maximumConnections: Int64, transactionAge: Int64
        ) {
            self.version = version
            self.postgisVersion = postgisVersion
            self.synchronousCommit = synchronousCommit
            self.fsync = fsync
            self.dataChecksums = dataChecksums
            self.checksumFailures = checksumFailures
            self.autovacuum = autovacuum
            self.clock = clock
            self.databaseBytes = databaseBytes
            self.connections = connections
            self.maximumConnections = maximumConnections
            self.transactionAge = transactionAge
        }
    }

    /// The file system that the store's data are on.
    package struct Disk: Sendable, Hashable {
        package var freeBytes: Int64
        package var totalBytes: Int64

        package init(freeBytes: Int64, totalBytes: Int64) {
            self.freeBytes = freeBytes
            self.totalBytes = totalBytes
        }
    }

    /// What waits or should have happened.
    package struct Work: Sendable {
        package var inboxDepth: Int64
        package var oldestInboxSeconds: Double
        /// Timers that have been due for more than ten seconds.
        package var overdueTimers: Int64
        /// Reports of the last day that are neither in the inbox nor with anyone.
        package var strayReports: Int64

        package init(inboxDepth: Int64, oldestInboxSeconds: Double, overdueTimers: Int64, strayReports: Int64) {
            self.inboxDepth = inboxDepth
            self.oldestInboxSeconds = oldestInboxSeconds
            self.overdueTimers = overdueTimers
            self.strayReports = strayReports
        }
    }

    package struct Stream: Sendable {
        package var name: String
        package var epoch: Int32
        /// The newest epoch that was opened; nil where none is recorded.
        package var openedEpoch: Int32?
        package var head: Int64
        package var firstKept: Int64
        /// The events that are there: how many, and the first and last number.
        package var events: Int64
        package var firstEvent: Int64?
        package var lastEvent: Int64?
        /// How far analytics has come, and in which epoch; nil where it has no cursor.
        package var folded: Int64?
        package var foldedEpoch: Int32?
        /// Of a channel's: the events of the agencies' streams that it was not copied from yet. It is not counted.
        package var uncopied: Int64?

        package init(
            name: String, epoch: Int32, openedEpoch: Int32?, head: Int64, firstKept: Int64, events: Int64,
            firstEvent: Int64?, lastEvent: Int64?, folded: Int64?, foldedEpoch: Int32?, uncopied: Int64? = nil
        ) {
            self.name = name
            self.epoch = epoch
            self.openedEpoch = openedEpoch
            self.head = head
            self.firstKept = firstKept
            self.events = events
            self.firstEvent = firstEvent
            self.lastEvent = lastEvent
            self.folded = folded
            self.foldedEpoch = foldedEpoch
            self.uncopied = uncopied
        }
    }

    /// An instance of one of our services, standing or not.
    package struct Peer: Sendable {
        package var service: String
        package var endpoint: String
        package var publicKey: String
        /// Nil for an instance from before versions were told.
        package var version: String?
        package var clockAheadSeconds: Double?
        /// Since its row ran out; negative while it stands.
        package var expiredSeconds: Double

        package init(
            service: String, endpoint: String, publicKey: String, version: String?, clockAheadSeconds: Double?,
            expiredSeconds: Double
        ) {
            self.service = service
            self.endpoint = endpoint
            self.publicKey = publicKey
            self.version = version
            self.clockAheadSeconds = clockAheadSeconds
            self.expiredSeconds = expiredSeconds
        }

        package var stands: Bool { expiredSeconds < 0 }
    }

    /// Somebody's connection to the store.
    package struct Session: Sendable {
        package var pid: Int32
        package var user: String
        package var application: String
        /// For a long transaction its age, for one who waits for a lock how long.
        package var seconds: Double
        /// Who holds the lock that it waits for.
        package var blockers: [Int32]

        package init(pid: Int32, user: String, application: String, seconds: Double, blockers: [Int32] = []) {
            self.pid = pid
            self.user = user
            self.application = application
            self.seconds = seconds
            self.blockers = blockers
        }
    }

    package struct Table: Sendable {
        package var name: String
        package var liveRows: Int64
        package var deadRows: Int64

        package init(name: String, liveRows: Int64, deadRows: Int64) {
            self.name = name
            self.liveRows = liveRows
            self.deadRows = deadRows
        }
    }

    /// An endpoint that is sent nothing.
    package struct DisabledWebhook: Sendable {
        package var id: String
        /// `city/agency`
        package var stream: String
        package var reason: String
        /// Events that it lacks.
        package var behind: Int64

        package init(id: String, stream: String, reason: String, behind: Int64) {
            self.id = id
            self.stream = stream
            self.reason = reason
            self.behind = behind
        }
    }

    /// What of a channel's chats should have been done minutes ago: numbers, and of whom or what nothing.
    package struct LateChats: Sendable {
        package enum Kind: String, Sendable {
            /// Chats in which something was said that nobody has looked at.
            case chats
            /// Reports whose news is not put into words.
            case news
            /// Messages that their provider has not taken.
            case messages
        }

        /// `city/channel`
        package var channel: String
        package var kind: Kind
        package var count: Int64
        /// Of messages: those that the provider was offered.
        package var tried: Int64
        /// Of the one that has waited for the longest.
        package var seconds: Double

        package init(channel: String, kind: Kind, count: Int64, tried: Int64 = 0, seconds: Double) {
            self.channel = channel
            self.kind = kind
            self.count = count
            self.tried = tried
            self.seconds = seconds
        }
    }

    package var server: Server
    package var migration: Int32
    /// Nil where the login may not ask.
    package var disk: Disk?
    package var work: Work
    package var streams: [Stream]
    package var peers: [Peer]
    /// How many notifiers serve each agency, as `city/agency`.
    package var notifiers: [String: Int64]
    /// Transactions open for more than five seconds, but for vacuum's and our own.
    package var longTransactions: [Session]
    /// Who has waited for a lock for more than a second.
    package var waiting: [Session]
    /// The tables with the most dead rows.
    package var tables: [Table]
    /// Endpoints that are sent nothing, and not because somebody asked for it.
    package var disabledWebhooks: [DisabledWebhook]
    package var lateChats: [LateChats]

    package init(
        server: Server, migration: Int32, disk: Disk?, work: Work, streams: [Stream], peers: [Peer],
        notifiers: [String: Int64], longTransactions: [Session], waiting: [Session], tables: [Table],
        disabledWebhooks: [DisabledWebhook], lateChats: [LateChats]
    ) {
        self.server = server
        self.migration = migration
        self.disk = disk
        self.work = work
        self.streams = streams
        self.peers = peers
        self.notifiers = notifiers
        self.longTransactions = longTransactions
        self.waiting = waiting
        self.tables = tables
        self.disabledWebhooks = disabledWebhooks
        self.lateChats = lateChats
    }
}
