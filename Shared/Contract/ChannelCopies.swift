internal import Domain

/// What the contract says of an agency's stream holds for a channel's too, at another address: each place that is about
/// the one is there once more for the other.
enum ChannelCopies {
    /// The paths of an agency's stream, in OpenAPI.
    private static let paths = ["events", "webhooks"].map { "/v1/agencies/{code}/\($0)" }
    /// The channels of AsyncAPI that are about an agency's stream, and what they are called for a channel's.
    private static let channels = [
        "agency": "channel", "agencyOverZeroMQ": "channelOverZeroMQ", "webhook": "channelWebhook",
    ]

    /// The OpenAPI document with the channels' paths.
    static func addPaths(to document: JSONValue) -> JSONValue {
        document.adding(to: "paths") { name, operations in
            guard paths.contains(where: { name == $0 || name.hasPrefix($0 + "/") }),
                case .object(let operations) = operations
            else { return nil }
            return (
                name.replacing("/agencies/", with: "/channels/"),
                .object(operations.mapValues { operation(words(in: $0)) })
            )
        }
    }

    private static func operation(_ operation: JSONValue) -> JSONValue {
        guard case .object(var members) = operation, case .string(let id)? = members["operationId"] else {
            return operation
        }
        members["operationId"] = .string(id + "OfChannel")
        members["tags"] = .array([.string("integrator")])
        // Nobody signs in for a channel.
        members["security"] = .array([.object(["key": .array([])])])
        return .object(members)
    }

    /// The AsyncAPI document with the channels' streams.
    static func addStreams(to document: JSONValue) -> JSONValue {
        document.adding(to: "channels") { name, channel in
            channels[name].map { ($0, words(in: channel)) }
        }
        .adding(to: "operations") { name, operation in
            guard case .string(let about)? = operation["channel"]?["$ref"],
                channels.keys.contains(where: { about == "#/channels/\($0)" })
            else { return nil }
            return (name + "OfChannel", words(in: operation))
        }
    }

    /// The same about a channel.
    private static func words(in value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(words(text))
        case .array(let elements): .array(elements.map(words(in:)))
        case .object(let members): .object(members.mapValues(words(in:)))
        default: value
        }
    }

    private static func words(_ text: String) -> String {
        for (agency, channel) in channels {
            let (from, to) = ("#/channels/\(agency)", "#/channels/\(channel)")
            if text == from { return to }
            if text.hasPrefix(from + "/") { return to + text.dropFirst(from.count) }
        }
        if text == "#/components/parameters/Agency" { return "#/components/parameters/Channel" }
        if text.hasPrefix("#/") { return text }
        return
            text.replacing("/agencies/", with: "/channels/")
            .replacing("An agency", with: "A channel").replacing("an agency", with: "a channel")
            .replacing("agency", with: "channel")
    }
}

extension JSONValue {
    /// With what `copy` makes of the members of one of its objects.
    fileprivate func adding(
        to name: String, _ copy: (String, JSONValue) -> (name: String, value: JSONValue)?
    ) -> JSONValue {
        guard case .object(var whole) = self, case .object(var members)? = whole[name] else { return self }
        for case let (name, value)? in members.map({ copy($0.key, $0.value) }) { members[name] = value }
        whole[name] = .object(members)
        return .object(whole)
    }
}
