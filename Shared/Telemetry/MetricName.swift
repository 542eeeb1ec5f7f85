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

    // ZeroMQ and the peers
    case zeroMQSent = "sasando_zeromq_messages_sent_total"
    case zeroMQReceived = "sasando_zeromq_messages_received_total"
    case zeroMQDropped = "sasando_zeromq_messages_dropped_total"
    case zeroMQConnections = "sasando_zeromq_connection_events_total"
    case zapDecisions = "sasando_zap_decisions_total"
    case peers = "sasando_peers"
    case hintsPublished = "sasando_hints_published_total"
    case hintsReceived = "sasando_hints_received_total"

    case hintGaps = "sasando_hint_gaps_repaired_total"

    // Streams
    case streamHead = "sasando_stream_head"
    case streamLag = "sasando_stream_lag_events"
    case streamSubscribers = "sasando_stream_subscribers"
    case streamSubscribersRefused = "sasando_stream_subscribers_refused_total"
    case streamDelay = "sasando_stream_delay_seconds"
    case streamTailMisses = "sasando_stream_tail_misses_total"
    case streamRequests = "sasando_stream_requests_total"

    // Intake
    case reportsAdmitted = "sasando_reports_admitted_total"
    case admissionBatchSize = "sasando_admission_batch_reports"
    case admissionBatchDuration = "sasando_admission_batch_duration_seconds"
    case admissionWaiting = "sasando_admission_waiting_requests"
    case admissionRefused = "sasando_admission_refused_total"
    case inboxDepth = "sasando_inbox_reports"
    case inboxOldestAge = "sasando_inbox_oldest_age_seconds"
    case pushMessages = "sasando_push_messages_total"
    case chatCalls = "sasando_chat_calls_total"
    case chatDeliveries = "sasando_chat_deliveries_total"
    case ingressRequests = "sasando_ingress_requests_total"
    case ingressReplies = "sasando_ingress_replies_total"
    case ingressInFlight = "sasando_ingress_reports_in_flight"

    // Routing
    case reportsRouted = "sasando_reports_routed_total"
    case routingClaimSize = "sasando_routing_claim_reports"
    case routingClaimDuration = "sasando_routing_claim_duration_seconds"
    case routingDelay = "sasando_routing_delay_seconds"
    case deadlinesFired = "sasando_deadlines_fired_total"
    case deadlinesMissed = "sasando_deadlines_missed_total"
    case deadlinesDue = "sasando_deadlines_due"
    case deadlinesDueAge = "sasando_deadlines_due_age_seconds"
    case notifiers = "sasando_notifiers"

    // Notifier
    case commands = "sasando_commands_total"
    case deliveries = "sasando_deliveries_total"
    case webhooks = "sasando_webhooks"
    case webhookAttempts = "sasando_webhook_attempts_total"

    // Analytics
    case eventsFolded = "sasando_events_folded_total"
    case foldAge = "sasando_fold_age_seconds"

    // The process, and telemetry itself
    case buildInfo = "sasando_build_info"
    case clockAhead = "sasando_clock_ahead_seconds"
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
        case .zeroMQSent: "Messages handed to ZeroMQ, by socket."
        case .zeroMQReceived: "Messages received from ZeroMQ, by socket."
        case .zeroMQDropped: "Messages dropped because a queue was full, by socket."
        case .zeroMQConnections: "Connections of ZeroMQ made, lost, refused and tried again, by socket and event."
        case .zapDecisions: "CURVE keys admitted and refused."
        case .peers: "Peers known in the store, by service."
        case .hintsPublished: "Hints published, by outcome."
        case .hintsReceived: "Hints received."
        case .hintGaps: "Looks by the clock that found what no hint had told of, by reader."
        case .streamHead: "Number of a stream's newest event."
        case .streamLag: "Events of a stream that its consumers of a kind lack: of several, the one furthest behind."
        case .streamSubscribers: "Consumers that follow a stream live."
        case .streamSubscribersRefused: "Consumers refused because every place was taken."
        case .streamDelay: "Time from an event to its place in the tail that live consumers are sent."
        case .streamTailMisses: "Pages that a slow consumer read from the store, not from the tail."
        case .streamRequests: "Messages of consumers over ZeroMQ, by what they ask for."
        case .reportsAdmitted: "Reports accepted or replayed, by outcome."
        case .admissionBatchSize: "Reports in one admission commit."
        case .admissionBatchDuration: "Time of one admission commit."
        case .admissionWaiting: "Requests waiting for their commit."
        case .admissionRefused: "Requests refused, by reason."
        case .inboxDepth: "Reports that wait for routing."
        case .inboxOldestAge: "How long the oldest report has waited for routing; 0 where none waits."
        case .pushMessages: "Messages handed to browsers' push services, by what became of each attempt."
        case .chatCalls: "Calls of WhatsApp and Telegram, by channel and what became of them."
        case .chatDeliveries: "Messages to people in chats, by channel and what became of each attempt."
        case .ingressRequests: "Requests over ZeroMQ, by what became of them."
        case .ingressReplies: "Replies over ZeroMQ, by whether the peer was there and had room."
        case .ingressInFlight: "Reports that came over ZeroMQ and are not answered yet."
        case .reportsRouted: "Reports routed, by the agency that has them now."
        case .routingClaimSize: "Reports in one routing claim."
        case .routingClaimDuration: "Time of one routing claim."
        case .routingDelay: "Time from receipt to assignment."
        case .deadlinesFired: "Timers that fired, by kind, whether or not their promise had been kept."
        case .deadlinesMissed: "Promises that were not kept in time, by agency and kind."
        case .deadlinesDue: "Timers that are due and have not fired yet, counted up to 10,000."
        case .deadlinesDueAge: "How long the oldest of the due timers has been due; 0 for none."
        case .notifiers: "Notifiers that stand among the peers, by the agency that they serve."
        case .commands: "Commands on reports, by command and outcome."
        case .deliveries: "Events delivered, by way."
        case .webhooks: "Endpoints of webhooks, by whether they are sent anything."
        case .webhookAttempts: "Attempts to hand an event to an endpoint, by what became of them."
        case .eventsFolded: "Events folded into rollups, by agency."
        case .foldAge: "Age of the newest complete picture that the figures show."
        case .buildInfo: "Always 1; the labels say which service and version this is."
        case .clockAhead: "How far this machine's clock is ahead of the store's."
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
