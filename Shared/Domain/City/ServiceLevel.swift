/// Within what time the city promises to act, counted from when the report was received.
///
/// Times run on while a report is on hold: the promise is to the person who reported.
package struct ServiceLevel: Hashable, Sendable, Codable {
    /// How time is counted; elapsed hours, day and night, are all that there is yet.
    package enum Calendar: String, Hashable, Sendable, Codable { case elapsed }

    /// Absent in the level of last resort, which is triage's too.
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var acknowledgeSeconds: Int
    package var arriveSeconds: Int?
    package var resolveSeconds: Int
    package var calendar: Calendar
    package var confirmed: Bool

    package init(
        category: CategoryCode? = nil, subtype: SubtypeCode? = nil, acknowledgeSeconds: Int,
        arriveSeconds: Int? = nil, resolveSeconds: Int, calendar: Calendar = .elapsed, confirmed: Bool = false
    ) {
        self.category = category
        self.subtype = subtype
        self.acknowledgeSeconds = acknowledgeSeconds
        self.arriveSeconds = arriveSeconds
        self.resolveSeconds = resolveSeconds
        self.calendar = calendar
        self.confirmed = confirmed
    }

    package func deadlines(from start: Timestamp) -> Deadlines {
        Deadlines(
            acknowledgeBy: start.adding(seconds: acknowledgeSeconds),
            arriveBy: arriveSeconds.map(start.adding(seconds:)),
            resolveBy: start.adding(seconds: resolveSeconds))
    }
}

// Absent members take their defaults.
extension ServiceLevel {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            category: try values.decodeIfPresent(CategoryCode.self, forKey: .category),
            subtype: try values.decodeIfPresent(SubtypeCode.self, forKey: .subtype),
            acknowledgeSeconds: try values.decode(Int.self, forKey: .acknowledgeSeconds),
            arriveSeconds: try values.decodeIfPresent(Int.self, forKey: .arriveSeconds),
            resolveSeconds: try values.decode(Int.self, forKey: .resolveSeconds),
            calendar: try values.decodeIfPresent(Calendar.self, forKey: .calendar) ?? .elapsed,
            confirmed: try values.decodeIfPresent(Bool.self, forKey: .confirmed) ?? false)
    }
}
