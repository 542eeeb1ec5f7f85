/// The inbox's parts: what one router claims at a time.
package enum InboxPart {
    /// Parts for most reports.
    package static let normal = 64
    /// Parts of their own for urgent reports, so that a fire never queues behind rubbish.
    package static let urgent = 8
    package static let count = normal + urgent

    /// The part of a report, from the random end of its id (UUIDv7's beginning is the time).
    package static func part(lastByte: UInt8, isUrgent: Bool) -> Int16 {
        isUrgent ? Int16(normal + Int(lastByte) % urgent) : Int16(Int(lastByte) % normal)
    }
}
