package import Domain

/// Which of an agency's open reports somebody looks for; what is nil or empty excludes nothing.
package struct WorkFilter: Sendable, Hashable {
    /// One word, in whatever a report says of itself.
    package struct Word: Sendable, Hashable {
        /// ASCII letters in lower case; others as they are.
        package var text: String
        /// The areas whose names hold the word.
        package var areas: [AreaCode]

        package init(_ text: some StringProtocol, among areas: [Area]) {
            let word = Self.lowercased(text)
            self.text = word
            self.areas = areas.filter { Self.lowercased($0.name).contains(word) }.map(\.code)
        }

        /// As the store and the pages' scripts do it: other letters differ between systems.
        private static func lowercased(_ text: some StringProtocol) -> String {
            let bytes = text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Each of them has to be there.
    package var words: [Word]
    package var category: CategoryCode?
    package var area: AreaCode?
    package var status: ReportStatus?
    /// Only what is due no later than this.
    package var dueUntil: Timestamp?

    package init(
        words: [Word] = [], category: CategoryCode? = nil, area: AreaCode? = nil, status: ReportStatus? = nil,
        dueUntil: Timestamp? = nil
    ) {
        self.words = words
        self.category = category
        self.area = area
        self.status = status
        self.dueUntil = dueUntil
    }
}

/// What was found among an agency's open work.
package struct WorkSearch: Sendable {
    /// What is due first comes first.
    package var works: [WorkRecord]
    /// Where the search goes on; nil once everything has been looked through.
    package var next: WorkPosition?
    /// The search ended at its bound, and not because the page was full.
    package var isCut: Bool
}
