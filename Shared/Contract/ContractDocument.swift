internal import Crypto
package import Domain

/// A machine-readable document of the contract, as it is sent. It is put together for the first who asks, since most
/// processes are never asked.
package struct ContractDocument: Sendable {
    package let bytes: [UInt8]
    /// A strong entity tag, quotation marks included.
    package let entityTag: String

    /// Puts fragments together: objects are joined member by member, lists one after the other.
    ///
    /// - Parameter complete: adds what follows from the fragments.
    /// - Throws: ``Fault`` where a fragment is no JSON, or two say something of the same place.
    init(
        _ fragments: [[UInt8]], complete: (JSONValue) -> JSONValue = { $0 }
    ) throws(Fault) {
        var whole = JSONValue.object([:])
        for fragment in fragments {
            guard let reading = try? JSONReader.read(fragment, maximumDepth: 64) else {
                throw Fault(pointer: "", reason: "a fragment is not readable JSON")
            }
            if let fault = reading.faults.first { throw Fault(pointer: fault.pointer, reason: fault.code.rawValue) }
            whole = try Self.joined(whole, reading.value, at: "")
        }
        var writer = JSONWriter(capacity: 256 << 10)
        complete(whole).write(to: &writer)
        bytes = writer.bytes
        let digest = SHA256.hash(data: bytes).prefix(8)
        entityTag = "\"" + digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
    }

    /// The document, read anew each time.
    package var value: JSONValue { (try? JSONReader.read(bytes, maximumDepth: 64))?.value ?? .null }

    private static func joined(
        _ first: JSONValue, _ second: JSONValue, at pointer: String
    ) throws(Fault) -> JSONValue {
        switch (first, second) {
        case (.object(var members), .object(let others)):
            for (name, value) in others {
                if let known = members[name] {
                    members[name] = try joined(known, value, at: "\(pointer)/\(name)")
                } else {
                    members[name] = value
                }
            }
            return .object(members)
        case (.array(let elements), .array(let others)): return .array(elements + others)
        default: throw Fault(pointer: pointer, reason: "two fragments say it")
        }
    }

    /// Why fragments make no document.
    package struct Fault: Error, Hashable {
        /// Where, by names with slashes between them.
        package var pointer: String
        package var reason: String
    }
}

extension ContractDocument {
    /// The doors for programs, in OpenAPI 3.1.
    package static let openAPI = made(of: openFragments + schemaFragments, complete: ChannelCopies.addPaths)
    /// The agencies' and channels' streams, and reports over ZeroMQ, in AsyncAPI 3.0.
    package static let asyncAPI = made(
        of: [
            PackageResources.asyncapi_json, PackageResources.streams_json, PackageResources.zeromq_json,
            PackageResources.pushed_json, PackageResources.ingress_json,
        ]
            + schemaFragments, complete: ChannelCopies.addStreams)

    private static func made(
        of fragments: [[UInt8]], complete: (JSONValue) -> JSONValue
    ) -> ContractDocument {
        do { return try ContractDocument(fragments, complete: complete) } catch {
            preconditionFailure("the contract's fragments do not fit: \(error.reason) at \(error.pointer)")
        }
    }

    /// One theme each: a further path is a further file here.
    private static let openFragments: [[UInt8]] = [
        PackageResources.openapi_json, PackageResources.reports_json, PackageResources.reporter_json,
        PackageResources.lists_json, PackageResources.media_json, PackageResources.push_json,
        PackageResources.moderation_json, PackageResources.work_json, PackageResources.commands_json,
        PackageResources.events_json, PackageResources.analytics_json, PackageResources.performance_json,
        PackageResources.announcements_json, PackageResources.bulk_json, PackageResources.channels_json,
        PackageResources.webhooks_json, PackageResources.sent_json,
    ]

    /// What both documents refer to.
    private static let schemaFragments: [[UInt8]] = [
        PackageResources.values_json, PackageResources.event_json, PackageResources.problem_json,
        PackageResources.report_json,
    ]
}

extension JSONValue {
    /// Every `$ref` below this value.
    package var references: [String] {
        switch self {
        case .array(let elements): elements.flatMap(\.references)
        case .object(let members):
            members.flatMap { name, value -> [String] in
                if name == "$ref", case .string(let text) = value { return [text] }
                return value.references
            }
        default: []
        }
    }

    /// What `#/a/b` names in this document; nil for what it has not.
    package func resolved(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        var value = self
        for step in reference.dropFirst(2).split(separator: "/") {
            let name = String(step).replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = value[name] else { return nil }
            value = next
        }
        return value
    }
}
