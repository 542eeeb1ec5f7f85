internal import Storage

/// The requests that wait for the next batch: pure, bounded by number and by bytes.
struct AdmissionBuffer<Waiter> {
    struct Entry {
        var report: NewReport
        var waiter: Waiter
    }

    /// Why nothing more is taken in.
    enum Refusal: Error {
        case full
    }

    private(set) var entries: [Entry] = []
    private(set) var size = 0
    let maximumCount: Int
    let maximumSize: Int

    init(maximumCount: Int, maximumSize: Int) {
        self.maximumCount = maximumCount
        self.maximumSize = maximumSize
    }

    mutating func add(_ entry: Entry) throws(Refusal) {
        let size = entry.report.size
        guard entries.count < maximumCount, self.size + size <= maximumSize else { throw .full }
        entries.append(entry)
        self.size += size
    }

    /// The oldest entries, `limit` at most.
    mutating func take(_ limit: Int) -> [Entry] {
        let batch = Array(entries.prefix(limit))
        entries.removeFirst(batch.count)
        size = entries.isEmpty ? 0 : size - batch.reduce(0) { $0 + $1.report.size }
        return batch
    }
}
