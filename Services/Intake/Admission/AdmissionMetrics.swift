internal import CoreMetrics
internal import Runtime
internal import Storage
internal import Telemetry

/// Admissions by outcome, and the batches' sizes and times.
struct AdmissionMetrics: Sendable {
    private let stored = Counter(.reportsAdmitted, [("outcome", "stored")])
    private let repeated = Counter(.reportsAdmitted, [("outcome", "repeated")])
    private let failed = Counter(.reportsAdmitted, [("outcome", "failed")])
    private let batchSize = Recorder(.admissionBatchSize)
    private let batchDuration = CoreMetrics.Timer(.admissionBatchDuration)

    func record(_ results: [Result<Admission, AdmissionFailure>], duration: Duration) {
        var counts = (stored: 0, repeated: 0, failed: 0)
        for result in results {
            switch result {
            case .success(.stored): counts.stored += 1
            case .success(.repeated): counts.repeated += 1
            case .failure: counts.failed += 1
            }
        }
        stored.increment(by: counts.stored)
        repeated.increment(by: counts.repeated)
        failed.increment(by: counts.failed)
        batchSize.record(results.count)
        batchDuration.recordNanoseconds(duration.nanoseconds)
    }
}

/// Reports that were not taken in, by reason. Who asks too often is counted with the doors.
enum AdmissionRefusals {
    enum Reason: String, CaseIterable {
        case unreadable, invalid, full, refused
        case storeAway = "store_away"
        case keyReused = "key_reused"
    }

    private static let counters = LabelledCounters(.admissionRefused, ["reason"])

    static func count(_ reason: Reason) { counters[reason.rawValue].increment() }

    /// Shows every reason from the start.
    static func expectAll() { for reason in Reason.allCases { _ = counters[reason.rawValue] } }
}

extension AdmissionFailure {
    var reason: AdmissionRefusals.Reason {
        switch self {
        case .full: .full
        case .storeAway: .storeAway
        case .keyReused: .keyReused
        case .unknownMedia: .invalid
        case .trackingCodeTaken, .refused: .refused
        }
    }
}
