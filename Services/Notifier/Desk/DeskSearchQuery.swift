internal import Domain
internal import FoundationEssentials
internal import Pages
internal import Runtime
internal import Storage

/// What an officer looks for: `?cari&kategori&area&status&lewat`. What cannot be read is not asked for.
struct DeskSearchQuery: Sendable {
    let choice: DeskChoice
    /// The same for the store.
    let filter: WorkFilter

    init(_ fields: FormFields, in city: City, at now: Timestamp) {
        func filled(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }
        let status = filled("status").flatMap(ReportStatus.init(rawValue:)).flatMap { $0.isOpen ? $0 : nil }
        choice = DeskChoice(
            text: filled("cari") ?? "",
            category: filled("kategori").map(CategoryCode.init(rawValue:)).flatMap { city.category($0)?.code },
            area: filled("area").map(AreaCode.init(rawValue:)).flatMap { city.area($0)?.code },
            status: status, isOverdue: filled("lewat") != nil)
        filter = WorkFilter(
            words: choice.words.map { WorkFilter.Word($0, among: city.areas) }, category: choice.category,
            area: choice.area, status: choice.status, dueUntil: choice.isOverdue ? now : nil)
    }
}
