internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Runtime
internal import Streams

/// A page of a stream for a consumer that asks now and then: `application/cloudevents-batch+json`.
enum EventBatch {
    static let contentType = "application/cloudevents-batch+json"
    static let limits = 1...StreamReader.maximumPage
    static let standardLimit = 100
    /// Bytes of a page; at least one event comes in any case.
    static let maximumBytes = 1 << 20

    /// `limit` of the query. Throws 400 for anything but a number within the bounds.
    static func limit(_ request: Request) throws(ProblemDetails) -> Int {
        try request.query.pageLimit(in: limits, standard: standardLimit)
    }

    /// As many of `events` as fit, each with exactly the bytes that are stored, and the cursor to go on from.
    static func body(_ events: [StoredEvent], after cursor: Cursor) -> (bytes: ByteBuffer, next: Cursor) {
        var size = 2
        let fitting = events.prefix { event in
            size += event.body.utf8.count + 1
            return size <= maximumBytes
        }
        let sent = fitting.isEmpty ? events.prefix(1) : fitting
        var buffer = ByteBufferAllocator().buffer(capacity: sent.reduce(2) { $0 + $1.body.utf8.count + 1 })
        buffer.writeStaticString("[")
        for (index, event) in sent.enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            buffer.writeString(event.body)
        }
        buffer.writeStaticString("]")
        return (buffer, sent.last?.cursor ?? cursor)
    }

    static func response(_ events: [StoredEvent], after cursor: Cursor, limit: Int, path: String) -> Response {
        let (bytes, next) = body(events, after: cursor)
        let headers: HTTPFields = [
            .contentType: contentType, .link: "<\(path)?after=\(next)&limit=\(limit)>; rel=\"next\"",
        ]
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: bytes))
    }
}

extension HTTPField.Name {
    static let xAccelBuffering = Self("X-Accel-Buffering")!
}
