internal import Domain
package import Outbound

/// Which addresses may be called that others have named, beside those of the public internet.
package struct OutboundSettings: Sendable {
    package var policy: OutboundPolicy

    package init(_ keys: inout ConfigurationKeys) {
        let name = "SASANDO_OUTBOUND_ALLOW"
        let written = keys.optionalString(
            name, shape: "addresses or blocks, separated by commas",
            "Addresses that may be called though they are not public, such as 10.20.0.0/16.")
        var allowed: [NetworkBlock] = []
        for part in (written ?? "").split(separator: ",") {
            if let block = NetworkBlock(text: part.filter { $0 != " " }) {
                allowed.append(block)
            } else {
                keys.fault(name, "\"\(part)\" is no address and no block such as 10.20.0.0/16")
            }
        }
        policy = OutboundPolicy(
            addresses: AddressPolicy(allowed: allowed),
            authorities: keys.optionalString(
                "SASANDO_OUTBOUND_CA_FILE", shape: "path of a PEM file",
                "Certificates to trust when calling out, in place of the system's."))
    }
}
