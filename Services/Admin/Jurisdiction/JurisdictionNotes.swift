package import Domain

/// A place in one of a city's files.
package struct FilePlace: Hashable, Sendable, Comparable {
    package var file: String
    /// From 1.
    package var line: Int

    package static func < (a: FilePlace, b: FilePlace) -> Bool { (a.file, a.line) < (b.file, b.line) }
}

/// Something wrong in a city's files.
package struct JurisdictionFault: Hashable, Sendable {
    package var place: FilePlace
    package var message: String
}

/// A value that the city has not confirmed yet.
package struct UnconfirmedValue: Hashable, Sendable {
    package var place: FilePlace
    package var what: String
    /// H read in a source, M one weak source or inferred, L general knowledge.
    package var source: String
}

/// What reading a city's folder gives.
package struct JurisdictionReading: Sendable {
    /// Nil when there is any fault.
    package var city: City?
    /// By file and line.
    package var faults: [JurisdictionFault]
    package var unconfirmed: [UnconfirmedValue]
}

/// Gathers what the readers of the files find; one reading, one thread.
final class JurisdictionNotes {
    private(set) var faults: [JurisdictionFault] = []
    private(set) var unconfirmed: [UnconfirmedValue] = []

    func fault(_ message: String, at place: FilePlace) {
        faults.append(JurisdictionFault(place: place, message: message))
    }

    func unconfirmed(_ what: String, source: String, at place: FilePlace) {
        unconfirmed.append(UnconfirmedValue(place: place, what: what, source: source))
    }
}
