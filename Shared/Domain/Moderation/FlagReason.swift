/// What a reader says is wrong with a public report; the raw value is stored.
package enum FlagReason: String, Hashable, Sendable, CaseIterable {
    /// A name, a number or a place by which somebody is recognised.
    case personalData = "personal_data"
    case insult
    /// An advertisement, a joke, nonsense.
    case notAReport = "not_a_report"
    case other
}
