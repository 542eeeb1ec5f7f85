package import Domain

extension Timestamp: PostgresCodable {
    package static var postgresType: PostgresType { .timestamptz }
    package static var postgresArrayType: PostgresType { .timestamptzArray }

    /// PostgreSQL counts from 2000-01-01T00:00:00Z.
    private static let postgresEpoch: Int64 = 946_684_800_000_000

    package func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(microseconds - Self.postgresEpoch)
    }

    package static func decode(_ bytes: RawSpan, type: PostgresType) throws(DecodingFault) -> Timestamp {
        guard type == .timestamptz else { throw .type(type, wanted: "timestamptz") }
        let value = try bytes.integer(Int64.self)
        let (microseconds, overflow) = value.addingReportingOverflow(postgresEpoch)
        guard !overflow, value != .min else { throw .malformed("an infinite time") }
        return Timestamp(microseconds: microseconds)
    }
}

extension JurisdictionCode: PostgresCodable {}
extension AgencyCode: PostgresCodable {}
extension StreamCode: PostgresCodable {}
extension CategoryCode: PostgresCodable {}
extension SubtypeCode: PostgresCodable {}
extension AreaCode: PostgresCodable {}
extension ChannelCode: PostgresCodable {}
extension ReportStatus: PostgresCodable {}
extension EventType: PostgresCodable {}
