package import Logging

/// Writes each record as one line of JSON.
///
/// `{"time":"2026-11-24T01:05:07.123Z","level":"info","label":"intake","message":"…","key":"value"}`
///
/// Metadata stand flat beside the fixed members: a dictionary's keys are joined by
/// dots, and a key that a fixed member has already taken is prefixed by `metadata.`.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let output: LogOutput
    private let now: @Sendable () -> Int64

    /// - Parameter now: Microseconds since the Unix epoch.
    package init(
        label: String, level: Logger.Level, output: LogOutput = .standardError,
        now: @escaping @Sendable () -> Int64 = { WallClock.now() }
    ) {
        self.label = label
        self.logLevel = level
        self.output = output
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var record = LogRecord(time: now(), level: event.level, label: label, message: event.message.description)
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        if let error = event.error { all[LogKey.error] = .string("\(error)") }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { record.append(key, value) }
        output.write(record.line())
    }
}

/// One line under construction, kept within ``LogOutput/lineLimit``.
private struct LogRecord {
    private static let fixed: Set<String> = ["time", "level", "label", "message", "truncated"]
    private static let messageLimit = 2048
    private static let valueLimit = 512
    /// Room for `,"truncated":true}` and the newline.
    private static let limit = LogOutput.lineLimit - 20

    private var text = ByteText(reserving: 256)
    private var isTruncated = false

    init(time: Int64, level: Logger.Level, label: String, message: String) {
        text.append("{\"time\":\"")
        text.append(rfc3339: time)
        text.append("\",\"level\":\"")
        text.append(text: level.rawValue)
        text.append("\",\"label\":")
        text.append(jsonString: label, limit: 64)
        text.append(",\"message\":")
        text.append(jsonString: message, limit: Self.messageLimit)
    }

    mutating func append(_ key: String, _ value: Logger.MetadataValue) {
        if case .dictionary(let members) = value {
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { append("\(key).\(name)", member) }
            return
        }
        let start = text.bytes.count
        text.append(",")
        text.append(jsonString: Self.fixed.contains(key) ? "metadata.\(key)" : key, limit: 64)
        text.append(":")
        append(value)
        if text.bytes.count > Self.limit {
            text.removeAll(from: start)
            isTruncated = true
        }
    }

    consuming func line() -> [UInt8] {
        if isTruncated { text.append(",\"truncated\":true") }
        text.append("}\n")
        return text.bytes
    }

    private mutating func append(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let string):
            text.append(jsonString: string, limit: Self.valueLimit)
        case .stringConvertible(let convertible):
            append(convertible)
        case .array(let elements):
            text.append("[")
            for (index, element) in elements.prefix(32).enumerated() {
                if index > 0 { text.append(",") }
                append(element)
            }
            text.append("]")
        case .dictionary(let members):
            text.append(jsonString: "\(members)", limit: Self.valueLimit)
        }
    }

    private mutating func append(_ value: any CustomStringConvertible) {
        switch value {
        case let number as any BinaryInteger: text.append(text: number.description)
        case let flag as Bool: text.append(text: flag ? "true" : "false")
        case let number as Double where number.isFinite: text.append(text: number.description)
        default: text.append(jsonString: value.description, limit: Self.valueLimit)
        }
    }
}
