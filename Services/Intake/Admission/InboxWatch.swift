internal import Domain

/// Whether a city's reports may come in, by what the last looks at the inbox found: pure.
///
/// One city's flood keeps out that city's reports and no other's. Who cannot see the inbox for a while keeps everyone
/// out: it may be filling up.
struct InboxWatch {
    /// So many looks in a row may fail.
    static let patience = 3

    /// Reports of one city that may wait for routing.
    let maximum: Int
    private var depths: [JurisdictionCode: Int] = [:]
    private var failures = 0

    init(maximum: Int) { self.maximum = maximum }

    /// Takes in what a look found; nil where it failed: then what was seen before holds on.
    mutating func looked(_ found: [JurisdictionCode: Int]?) {
        if let found {
            depths = found
            failures = 0
        } else {
            failures += 1
        }
    }

    /// Why nothing more of this city is taken in; nil while it is.
    func refusal(of jurisdiction: JurisdictionCode) -> AdmissionFailure? {
        if failures >= Self.patience { return .storeAway }
        return (depths[jurisdiction] ?? 0) > maximum ? .full : nil
    }
}
