internal import Domain
internal import Hummingbird
internal import Runtime
internal import Storage

/// What the city says that it knows, asked of the store at most once in a few seconds for each city.
struct CityAnnouncements: Sendable {
    static let keptSeconds = 5

    private let store: AnnouncementStore
    private let clock: @Sendable () -> Timestamp
    private let answers: AnswerCache<JurisdictionCode, [Announcement]>

    init(store: AnnouncementStore, clock: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.clock = clock
        answers = AnswerCache(limit: 100, positive: .seconds(Self.keptSeconds), negative: .zero)
    }

    /// Those that are shown now; none while the store is away, since no page may want for them.
    func shown(in city: City) async -> [Announcement] {
        let now = clock()
        let found = try? await answers.value(for: city.code) {
            // What fails is not asked again for a while either: a report is not held up for an announcement.
            do { return try await store.shown(in: city.code, at: now) } catch { return [] }
        }
        return (found ?? []).filter { $0.isShown(at: now) }
    }
}
