import Glibc

/// Takes an HTTP/1.1 response apart as it comes: the status line, the headers, then the body's bytes, whether they
/// come in chunks or by length.
struct ResponseReader {
    enum Event {
        case body(UnsafeRawBufferPointer)
        /// The response is complete; the next byte belongs to another.
        case end(status: Int)
    }

    private enum Part {
        case head
        case length(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
    }

    private var part = Part.head
    private var line: [UInt8] = []
    private var contentLength = 0
    private var isChunked = false
    private(set) var status = 0

    /// Calls `handle` for every piece of a body in `bytes` and for every end of a response.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ handle: (Event) throws -> Void) rethrows {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch part {
            case .length(let left), .chunk(let left):
                let taken = rest.prefix(left)
                rest = rest.dropFirst(taken.count)
                try handle(.body(UnsafeRawBufferPointer(rebasing: taken)))
                try advance(by: taken.count, handle)
            case .head, .chunkSize, .chunkEnd, .trailer:
                guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                    line.append(contentsOf: rest)
                    return
                }
                line.append(contentsOf: rest[..<end])
                rest = rest[(end + 1)...]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                let isEnd = endLine()
                line.removeAll(keepingCapacity: true)
                if isEnd { try handle(.end(status: status)) }
            }
        }
    }

    private mutating func advance(by count: Int, _ handle: (Event) throws -> Void) rethrows {
        switch part {
        case .length(let left) where left > count: part = .length(left - count)
        case .chunk(let left) where left > count: part = .chunk(left - count)
        case .length:
            part = .head
            try handle(.end(status: status))
        default: part = .chunkEnd
        }
    }

    /// Looks at one line that is not a body's; true when it was the response's last.
    private mutating func endLine() -> Bool {
        switch part {
        case .head where !line.isEmpty: header()
        case .head:
            part = isChunked ? .chunkSize : contentLength > 0 ? .length(contentLength) : .head
            return !isChunked && contentLength == 0
        case .chunkSize:
            let size = Int(String(decoding: line.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self), radix: 16) ?? 0
            part = size > 0 ? .chunk(size) : .trailer
        case .chunkEnd: part = .chunkSize
        case .trailer where line.isEmpty:
            part = .head
            return true
        default: break
        }
        return false
    }

    private mutating func header() {
        let text = String(decoding: line, as: UTF8.self).lowercased()
        if text.hasPrefix("http/1.1 ") {
            status = Int(text.dropFirst(9).prefix(3)) ?? 0
            contentLength = 0
            isChunked = false
        } else if text.hasPrefix("content-length:") {
            contentLength = Int(text.dropFirst(15).drop { $0 == " " }) ?? 0
        } else if text.hasPrefix("transfer-encoding:") {
            isChunked = text.hasSuffix("chunked")
        }
    }
}
