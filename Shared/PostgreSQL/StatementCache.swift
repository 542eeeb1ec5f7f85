/// Which statements one connection has prepared on its server, by text and parameter types. Bounded; the least recently
/// used go first.
struct StatementCache {
    /// A statement without its values.
    private struct Key: Hashable {
        var sql: SQL

        func hash(into hasher: inout Hasher) { hasher.combine(sql.text) }

        static func == (a: Key, b: Key) -> Bool {
            a.sql.text == b.sql.text && a.sql.parameters.count == b.sql.parameters.count
                && zip(a.sql.parameters, b.sql.parameters).allSatisfy { $0.type == $1.type }
        }
    }

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
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var named: UInt64 = 0
    /// Names that the server still holds and nobody will use again.
    private(set) var evicted: [String] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { entries.count }

    mutating func lookUp(_ sql: SQL) -> Lookup {
        guard sql.isReusable, capacity > 0 else { return .unnamed }
        uses += 1
        if let index = entries.index(forKey: Key(sql: sql)) {
            entries.values[index].lastUse = uses
            return .known(name: entries.values[index].name)
        }
        if entries.count >= capacity { evictOldest() }
        named += 1
        let name = "s\(named)"
        entries[Key(sql: sql.withoutValues)] = Entry(name: name, lastUse: uses)
        return .prepare(name: name)
    }

    /// Takes back what `lookUp` promised: preparing failed, or never happened.
    mutating func forget(name: String) {
        guard let index = entries.firstIndex(where: { $0.value.name == name }) else { return }
        entries.remove(at: index)
    }

    /// Drops a statement that no longer works, to be deallocated at the server and prepared anew.
    mutating func discard(_ sql: SQL) {
        if let entry = entries.removeValue(forKey: Key(sql: sql)) { evicted.append(entry.name) }
    }

    /// Forgets everything, as the server has.
    mutating func clear() {
        entries = [:]
        evicted = []
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
