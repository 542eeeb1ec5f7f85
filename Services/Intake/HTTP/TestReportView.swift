internal import Domain
internal import Storage

extension TestReport {
    /// As its sender looks it up: what was understood of it. Nothing ever becomes of it.
    func json(in city: City) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.object {
            $0.member("id", id)
            $0.member("tracking_code", trackingCode)
            $0.member("status", ReportStatus.received.rawValue)
            $0.member("test", true)
            $0.member("category", category)
            $0.member("subtype", subtype)
            $0.member("description", description)
            $0.key("location")
            if let location {
                $0.object {
                    $0.member("lat", location.lat)
                    $0.member("lon", location.lon)
                }
            } else {
                $0.null()
            }
            $0.key("area")
            if let place = area.flatMap({ city.area($0) }) {
                ReportArea(place, isApproximate: isAreaApproximate).write(to: &$0)
            } else {
                $0.null()
            }
            $0.member("address", address)
            $0.member("external_id", externalID)
            $0.member("received_at", receivedAt, offsetSeconds: city.utcOffset)
        }
        return writer.bytes
    }
}
