import Synchronization

/// One run against NATS JetStream: streams in files, one replica, explicit acknowledgements.
///
/// The server answers a publication when it has written the message to its file, one by one. It syncs on its own only
/// every two minutes: where the file system is mounted to write through, each write is on the disk before its answer.
struct NATSRun {
    private static let inbox = "reports"
    /// The most deliveries that a consumer may hold.
    private static let unsettled = 512

    private let order: Order
    private let ledger = Ledger()
    private let template: ReportTemplate
    private let table: AgencyTable

    init(_ order: Order) throws(BrokerFailure) {
        self.order = order
        template = try ReportTemplate(order.report)
        table = AgencyTable(order.agencies)
    }

    func run() throws(BrokerFailure) -> Outcome {
        let (ledger, template) = (ledger, template)
        let publisher = try connect { message throws(BrokerFailure) in
            ledger.acknowledge(try template.number(in: message.body))
            message.destroy()
        }
        try publisher.makeStream(Self.inbox, isQueue: true)
        for agency in table.codes { try publisher.makeStream(agency, isQueue: false) }
        if order.isRouted { try startRouting() }
        let outcome = try Pace(order: order, ledger: ledger)
            .run(NATSPublisher(to: Self.inbox, over: publisher, template: template))
        for stream in [Self.inbox] + table.codes { try publisher.deleteStream(stream) }
        return outcome
    }

    private func connect(
        onAcknowledged: @escaping NATSConnection.Handler = { message in message.destroy() }
    ) throws(BrokerFailure) -> NATSConnection {
        try NATSConnection(
            port: order.port, sendsAtOnce: order.perSecond != nil, inFlight: order.inFlight, ledger: ledger,
            onAcknowledged: onAcknowledged)
    }

    private func startRouting() throws(BrokerFailure) {
        let (ledger, template, table) = (ledger, template, table)
        try connect().consume(order.agency, as: "consumer", limit: Self.unsettled) { message throws(BrokerFailure) in
            ledger.deliver(try template.number(in: message.body))
            try message.acknowledge()
            message.destroy()
        }
        // The reports that are on their way to their agency, to be acknowledged when they are stored there.
        let waiting = Waiting()
        let hop = try connect { published throws(BrokerFailure) in
            let number = try template.number(in: published.body)
            published.destroy()
            guard let report = waiting.take(number) else { return }
            try report.acknowledge()
            report.destroy()
        }
        try hop.consume(Self.inbox, as: "hop", limit: Self.unsettled) { report throws(BrokerFailure) in
            let body = report.body
            waiting.keep(report, as: try template.number(in: body))
            try hop.publish(body, to: try table.agency(for: body))
        }
    }

    private final class Waiting: Sendable {
        private let reports = Mutex<[Int: NATSConnection.Message]>([:])
        func keep(_ report: NATSConnection.Message, as number: Int) { reports.withLock { $0[number] = report } }
        func take(_ number: Int) -> NATSConnection.Message? { reports.withLock { $0.removeValue(forKey: number) } }
    }
}

/// The library takes the acknowledgements, and holds back who publishes while too many are missing.
private struct NATSPublisher: Publisher {
    private let stream: String
    private let connection: NATSConnection
    private let template: ReportTemplate

    init(to stream: String, over connection: NATSConnection, template: ReportTemplate) {
        self.stream = stream
        self.connection = connection
        self.template = template
    }

    var isFull: Bool { false }

    func publish(_ number: Int) throws(BrokerFailure) {
        try connection.publish(template.body(number: number), to: stream)
    }

    func wait(until deadline: Int64) { pause(until: deadline) }
}
