/// Which statements one connection has prepared on its server, by their text. Bounded; the least used go first.
struct StatementCache {
    enum Lookup: Equatable {
        /// Prepared already.
        case known(name: String)
        /// To be prepared under this name first.
        case prepare(name: String)
        /// Not worth a place: run it unnamed.
        case unnamed
    }

    private struct Entry {
        var name: String
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var named: UInt64 = 0
    /// Names that the server still holds and nobody will use again.
    private(set) var evicted: [String] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { entries.count }

    mutating func lookUp(_ text: String, isReusable: Bool) -> Lookup {
        guard isReusable, capacity > 0 else { return .unnamed }
        uses += 1
        if let index = entries.index(forKey: text) {
            entries.values[index].lastUse = uses
            return .known(name: entries.values[index].name)
        }
        if entries.count >= capacity { evictOldest() }
        named += 1
        let name = "s\(named)"
        entries[text] = Entry(name: name, lastUse: uses)
        return .prepare(name: name)
    }

    /// Takes back what `lookUp` promised: preparing failed, or never happened.
    mutating func forget(name: String) {
        guard let index = entries.firstIndex(where: { $0.value.name == name }) else { return }
        entries.remove(at: index)
    }

    /// Drops a statement that no longer works, to be deallocated at the server and prepared anew.
    mutating func discard(_ text: String) {
        if let entry = entries.removeValue(forKey: text) { evicted.append(entry.name) }
    }

    /// Hands over the names to deallocate.
    mutating func takeEvicted() -> [String] {
        defer { evicted = [] }
        return evicted
    }

    /// Linear, but only where a new text comes to a full cache.
    private mutating func evictOldest() {
        guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        entries.removeValue(forKey: oldest.key)
        evicted.append(oldest.value.name)
    }
}
