/// Names as Prometheus allows them.
enum MetricText {
    /// `label` with every other character replaced by `_`, ending in `suffix`.
    static func name(_ label: String, suffix: String = "") -> String {
        let name = cleaned(label, allowsColon: true)
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    static func labelName(_ name: String) -> String { cleaned(name, allowsColon: false) }

    private static func cleaned(_ text: String, allowsColon: Bool) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
                bytes.append(byte)
            case UInt8(ascii: ":") where allowsColon:
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "_"))
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }
}

extension MetricRegistry {
    /// The media type of ``exposition()``.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics in Prometheus' text format 0.0.4, with the process's own.
    package func exposition() -> [UInt8] {
        takeReadings()
        var text = ByteText(reserving: 16_384)
        for (name, family) in snapshot().sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text.append(header: name, kind: family.kind, help: MetricName(rawValue: name)?.help ?? name)
            let ordered = family.series.sorted { $0.key.values.lexicographicallyPrecedes($1.key.values) }
            for (labels, series) in ordered { text.append(series, name: name, labels: labels) }
        }
        for measure in ProcessMeasure.all() {
            text.append(header: measure.name, kind: measure.kind, help: measure.help)
            text.append(sample: measure.name, value: measure.value)
        }
        return text.bytes
    }
}

extension ByteText {
    fileprivate mutating func append(header name: String, kind: MetricKind, help: String) {
        append("# HELP ")
        append(text: name)
        append(" ")
        append(escaped: help, quotes: false)
        append("\n# TYPE ")
        append(text: name)
        append(" ")
        append(text: kind.rawValue)
        append("\n")
    }

    fileprivate mutating func append(_ series: any AnyObject & Sendable, name: String, labels: MetricRegistry.Labels) {
        switch series {
        case let counter as CounterSeries:
            let fraction = counter.fractionValue
            if fraction == 0 {
                append(sample: name, labels: labels, text: counter.wholeValue.description)
            } else {
                append(sample: name, labels: labels, value: Double(counter.wholeValue) + fraction)
            }
        case let gauge as GaugeSeries:
            append(sample: name, labels: labels, value: gauge.value)
        case let histogram as HistogramSeries:
            append(histogram, name: name, labels: labels)
        default:
            break
        }
    }

    private mutating func append(_ histogram: HistogramSeries, name: String, labels: MetricRegistry.Labels) {
        var total: Int64 = 0
        let bounds = histogram.bounds.map { Self.number($0) } + ["+Inf"]
        for (bound, count) in zip(bounds, histogram.counts) {
            total += count
            append(sample: name + "_bucket", labels: labels, bound: bound, text: total.description)
        }
        append(sample: name + "_sum", labels: labels, value: histogram.sum)
        append(sample: name + "_count", labels: labels, text: total.description)
    }

    fileprivate mutating func append(
        sample name: String, labels: MetricRegistry.Labels = .init(names: [], values: []), value: Double
    ) {
        append(sample: name, labels: labels, text: Self.number(value))
    }

    private mutating func append(
        sample name: String, labels: MetricRegistry.Labels, bound: String? = nil, text value: String
    ) {
        append(text: name)
        var pairs = Array(zip(labels.names, labels.values))
        if let bound { pairs.append(("le", bound)) }
        if !pairs.isEmpty {
            for (index, pair) in pairs.enumerated() {
                append(index == 0 ? "{" : ",")
                append(text: pair.0)
                append("=\"")
                append(escaped: pair.1, quotes: true)
                append("\"")
            }
            append("}")
        }
        append(" ")
        append(text: value)
        append("\n")
    }

    /// Escapes backslashes and line feeds, and quotes where the format asks for it.
    private mutating func append(escaped text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: append(byte: byte)
            }
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return Int64(value).description }
        return value.description
    }
}
