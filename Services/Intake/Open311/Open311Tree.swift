internal import Domain
internal import XML

/// An answer of Open311 as a tree of values, which is written as XML or as JSON: what the one says, the other says too.
indirect enum Open311Tree: Sendable {
    /// nil: an empty element, or `null`.
    case text(String?)
    case number(Double?)
    case whole(Int)
    case flag(Bool)
    /// Members in this order.
    case object([(name: String, value: Open311Tree)])
    /// Elements that each bear this name in XML.
    case list(of: String, [Open311Tree])

    static func time(_ moment: Timestamp?, _ city: City) -> Open311Tree {
        .text(moment?.rfc3339(offsetSeconds: city.utcOffset))
    }

    /// - Parameter root: the outermost element's name.
    func xml(root: String) -> [UInt8] {
        let document = XMLDocument()
        write(root, to: document)
        return document.bytes()
    }

    var json: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        write(to: &writer)
        return writer.bytes
    }

    private func write(_ name: String, to document: borrowing XMLDocument) {
        switch self {
        case .text(let text): document.element(name, text: text ?? "")
        case .number(let number): document.element(name, text: number.map { "\($0)" } ?? "")
        case .whole(let number): document.element(name, text: String(number))
        case .flag(let flag): document.element(name, text: flag ? "true" : "false")
        case .object(let members):
            document.open(name)
            for member in members { member.value.write(member.name, to: document) }
            document.close()
        case .list(let item, let elements):
            document.open(name)
            for element in elements { element.write(item, to: document) }
            document.close()
        }
    }

    private func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let text): if let text { writer.value(XMLDocument.legal(text)) } else { writer.null() }
        case .number(let number): if let number { writer.value(number) } else { writer.null() }
        case .whole(let number): writer.value(number)
        case .flag(let flag): writer.value(flag)
        case .object(let members):
            writer.object {
                for member in members {
                    $0.key(member.name)
                    member.value.write(to: &$0)
                }
            }
        case .list(_, let elements): writer.array { for element in elements { element.write(to: &$0) } }
        }
    }
}
