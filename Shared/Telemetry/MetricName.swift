package import CoreMetrics

/// Every metric that this product exposes, with the sentence that explains it.
///
/// Names follow Prometheus: base units, `_total` for counters, `_seconds` for
/// durations. The labels of each are a closed set chosen in code, never a value
/// that a caller sends.
package enum MetricName: String, CaseIterable, Sendable {
    // HTTP
    case httpRequests = "sasando_http_requests_total"
    case httpRequestDuration = "sasando_http_request_duration_seconds"
    case httpConnections = "sasando_http_connections"
    case httpRateLimited = "sasando_http_rate_limited_total"
    case authenticationLookups = "sasando_authentication_lookups_total"

    // The store
    case storeConnections = "sasando_store_connections"
    case storeWaiting = "sasando_store_waiting_leases"
    case storeLeaseWait = "sasando_store_lease_wait_seconds"
    case storeStatementDuration = "sasando_store_statement_duration_seconds"
    case storeErrors = "sasando_store_errors_total"
    case storeConnects = "sasando_store_connects_total"
    case storeTransactions = "sasando_store_transactions_total"

    // ZeroMQ and the peers
    case zeroMQSent = "sasando_zeromq_messages_sent_total"
    case zeroMQReceived = "sasando_zeromq_messages_received_total"
    case zeroMQDropped = "sasando_zeromq_messages_dropped_total"
    case zeroMQConnections = "sasando_zeromq_connection_events_total"
    case zapDecisions = "sasando_zap_decisions_total"
    case peers = "sasando_peers"
    case hintsPublished = "sasando_hints_published_total"
    case hintsReceived = "sasando_hints_received_total"
    case hintsCoalesced = "sasando_hints_coalesced_total"

    // Streams
    case streamEventsAppended = "sasando_stream_events_appended_total"
    case streamEventsRead = "sasando_stream_events_read_total"
    case streamSubscribers = "sasando_stream_subscribers"
    case streamSubscribersRefused = "sasando_stream_subscribers_refused_total"
    case streamDelay = "sasando_stream_delay_seconds"
    case streamReadDuration = "sasando_stream_read_duration_seconds"
    case streamTailMisses = "sasando_stream_tail_misses_total"

    // Intake
    case reportsAdmitted = "sasando_reports_admitted_total"
    case admissionBatchSize = "sasando_admission_batch_reports"
    case admissionBatchDuration = "sasando_admission_batch_duration_seconds"
    case admissionWaiting = "sasando_admission_waiting_requests"
    case admissionRefused = "sasando_admission_refused_total"
    case inboxDepth = "sasando_inbox_reports"

    // Routing
    case reportsRouted = "sasando_reports_routed_total"
    case routingClaimSize = "sasando_routing_claim_reports"
    case routingClaimDuration = "sasando_routing_claim_duration_seconds"
    case routingDelay = "sasando_routing_delay_seconds"
    case deadlinesFired = "sasando_deadlines_fired_total"
    case deadlinesMissed = "sasando_deadlines_missed_total"

    // Notifier
    case commands = "sasando_commands_total"
    case deliveries = "sasando_deliveries_total"
    case webhookAttempts = "sasando_webhook_attempts_total"

    // Analytics
    case eventsFolded = "sasando_events_folded_total"
    case foldLag = "sasando_fold_lag_seconds"

    // Telemetry itself
    case logRecordsDropped = "sasando_log_records_dropped_total"

    /// What the metric counts or measures, for its `# HELP` line.
    package var help: String {
        switch self {
        case .httpRequests: "HTTP requests answered, by route, method and status."
        case .httpRequestDuration: "Time from a request's head to its response's head."
        case .httpConnections: "Open HTTP connections."
        case .httpRateLimited: "Requests refused because their key or address asked too often."
        case .authenticationLookups: "Looked-up credentials, by what came out."
        case .storeConnections: "Connections to the store, by state."
        case .storeWaiting: "Callers waiting for a connection to the store."
        case .storeLeaseWait: "Time that a caller waited for a connection."
        case .storeStatementDuration: "Time from sending statements to their last result."
        case .storeErrors: "Failed statements and connections, by SQLSTATE class or kind."
        case .storeConnects: "Attempts to open a connection, by outcome."
        case .storeTransactions: "Transactions ended, by outcome."
        case .zeroMQSent: "Messages handed to ZeroMQ, by socket."
        case .zeroMQReceived: "Messages received from ZeroMQ, by socket."
        case .zeroMQDropped: "Messages dropped because a queue was full, by socket."
        case .zeroMQConnections: "Connections of ZeroMQ made, lost, refused and tried again, by socket and event."
        case .zapDecisions: "CURVE keys admitted and refused."
        case .peers: "Peers known in the store, by service."
        case .hintsPublished: "Hints published, by outcome."
        case .hintsReceived: "Hints received."
        case .hintsCoalesced: "Hints that said nothing new to a reader already on its way."
        case .streamEventsAppended: "Events appended to streams, by type."
        case .streamEventsRead: "Events read from the store for consumers."
        case .streamSubscribers: "Consumers that follow a stream live."
        case .streamSubscribersRefused: "Consumers refused because every place was taken."
        case .streamDelay: "Time from an event to its place in the tail that live consumers are sent."
        case .streamReadDuration: "Time to read one page of a stream."
        case .streamTailMisses: "Pages that a slow consumer read from the store, not from the tail."
        case .reportsAdmitted: "Reports accepted or replayed, by channel kind and outcome."
        case .admissionBatchSize: "Reports in one admission commit."
        case .admissionBatchDuration: "Time of one admission commit."
        case .admissionWaiting: "Requests waiting for their commit."
        case .admissionRefused: "Requests refused, by reason."
        case .inboxDepth: "Reports that wait for routing."
        case .reportsRouted: "Reports routed, by agency or triage."
        case .routingClaimSize: "Reports in one routing claim."
        case .routingClaimDuration: "Time of one routing claim."
        case .routingDelay: "Time from receipt to assignment."
        case .deadlinesFired: "Timers that fired, by kind, whether or not their promise had been kept."
        case .deadlinesMissed: "Promises that were not kept in time, by agency and kind."
        case .commands: "Commands on reports, by command and outcome."
        case .deliveries: "Events delivered, by way."
        case .webhookAttempts: "Webhook requests, by outcome."
        case .eventsFolded: "Events folded into rollups, by stream."
        case .foldLag: "Age of the newest event when it was folded."
        case .logRecordsDropped: "Log records dropped because their reader was too slow."
        }
    }
}

extension Counter {
    package convenience init(_ name: MetricName, _ dimensions: [(String, String)] = []) {
        self.init(label: name.rawValue, dimensions: dimensions)
    }
}

extension Meter {
    /// A gauge: a number that goes up and down.
    package convenience init(_ name: MetricName, _ dimensions: [(String, String)] = []) {
        self.init(label: name.rawValue, dimensions: dimensions)
    }
}

extension Recorder {
    /// A histogram of plain numbers, such as batch sizes.
    package convenience init(_ name: MetricName, _ dimensions: [(String, String)] = []) {
        self.init(label: name.rawValue, dimensions: dimensions, aggregate: true)
    }
}

extension Timer {
    package convenience init(_ name: MetricName, _ dimensions: [(String, String)] = []) {
        self.init(label: name.rawValue, dimensions: dimensions)
    }
}
