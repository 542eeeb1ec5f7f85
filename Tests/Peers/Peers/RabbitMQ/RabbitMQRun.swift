import Foundation

/// One run against RabbitMQ: quorum queues with one member, persistent messages, publisher confirmations.
///
/// The broker confirms a publication after it is written to its log and synced; what waits meanwhile shares the sync.
struct RabbitMQRun {
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
        let queues = [Self.inbox] + table.codes
        let channel = try AMQPChannel(port: order.port)
        for queue in queues { try channel.makeQuorumQueue(queue) }
        if order.isRouted { startRouting() }
        let outcome = try Pace(order: order, ledger: ledger)
            .run(RabbitMQPublisher(to: Self.inbox, over: channel, order: order, template: template, ledger: ledger))
        for queue in queues { try channel.deleteQueue(queue) }
        return outcome
    }

    private func startRouting() {
        let (order, ledger, template, table) = (order, ledger, template, table)
        start { () throws(BrokerFailure) in
            let channel = try AMQPChannel(port: order.port)
            try channel.consume(Self.inbox, limit: Self.unsettled)
            let hop = Hop(table: table, channel: channel)
            while true { try hop.turn() }
        }
        start { () throws(BrokerFailure) in
            let channel = try AMQPChannel(port: order.port)
            try channel.consume(order.agency, limit: Self.unsettled)
            let consumer = Consumer(template: template, ledger: ledger, channel: channel)
            while true { try consumer.turn() }
        }
    }

    /// Runs `body` on a thread of its own until it fails, or the process ends with the run.
    private func start(_ body: @escaping @Sendable () throws(BrokerFailure) -> Void) {
        let ledger = ledger
        Thread.detachNewThread {
            do throws(BrokerFailure) { try body() } catch { ledger.fail(error) }
        }
    }

    /// Reads the report, decides, publishes it to its agency, and acknowledges it when that is confirmed.
    private final class Hop {
        let table: AgencyTable
        let channel: AMQPChannel
        /// The deliveries whose publication to the agency is not confirmed, in order; `first` is the number of the
        /// first one's publication.
        private var waiting: ArraySlice<(tag: UInt64, isConfirmed: Bool)> = []
        private var first: UInt64 = 1

        init(table: AgencyTable, channel: AMQPChannel) {
            self.table = table
            self.channel = channel
        }

        func turn() throws(BrokerFailure) {
            try channel.read(until: monotonicNanoseconds() + 50_000_000) { event throws(BrokerFailure) in
                switch event {
                case .delivery(let tag, let body):
                    try channel.publish(body, to: try table.agency(for: body))
                    waiting.append((tag, false))
                case .confirmed(let number, let andAllBefore):
                    let index = waiting.startIndex + Int(number - first)
                    for index in (andAllBefore ? waiting.startIndex : index)...index {
                        waiting[index].isConfirmed = true
                    }
                }
            }
            var settled: UInt64?
            while let next = waiting.first, next.isConfirmed {
                settled = next.tag
                waiting.removeFirst()
                first += 1
            }
            if let settled { try channel.acknowledge(upTo: settled) }
        }
    }

    private final class Consumer {
        let template: ReportTemplate
        let ledger: Ledger
        let channel: AMQPChannel

        init(template: ReportTemplate, ledger: Ledger, channel: AMQPChannel) {
            self.template = template
            self.ledger = ledger
            self.channel = channel
        }

        func turn() throws(BrokerFailure) {
            var last: UInt64?
            try channel.read(until: monotonicNanoseconds() + 50_000_000) { event throws(BrokerFailure) in
                guard case .delivery(let tag, let body) = event else { return }
                ledger.deliver(try template.number(in: body))
                last = tag
            }
            if let last { try channel.acknowledge(upTo: last) }
        }
    }
}

/// Publishes over a channel of its own; RabbitMQ numbers publications from 1 and reports from 0.
private final class RabbitMQPublisher: Publisher {
    private let queue: String
    private let channel: AMQPChannel
    private let limit: Int
    private let template: ReportTemplate
    private let ledger: Ledger
    /// The numbers that are published and not confirmed.
    private var unconfirmed: Set<Int> = []
    /// Below it all are confirmed.
    private var oldest = 0

    init(to queue: String, over channel: AMQPChannel, order: Order, template: ReportTemplate, ledger: Ledger) {
        self.queue = queue
        self.channel = channel
        limit = order.inFlight
        self.template = template
        self.ledger = ledger
    }

    var isFull: Bool { unconfirmed.count >= limit }

    func publish(_ number: Int) throws(BrokerFailure) {
        unconfirmed.insert(number)
        try channel.publish(template.body(number: number), to: queue)
    }

    func wait(until deadline: Int64) throws(BrokerFailure) {
        try channel.read(until: deadline) { event in
            guard case .confirmed(let number, let andAllBefore) = event else { return }
            let last = Int(number) - 1
            for number in (andAllBefore ? min(oldest, last) : last)...last {
                if unconfirmed.remove(number) != nil { ledger.acknowledge(number) }
            }
            if andAllBefore { oldest = max(oldest, last + 1) }
        }
    }
}
