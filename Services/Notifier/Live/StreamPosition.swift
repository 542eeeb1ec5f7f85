internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Streams

extension StreamPosition {
    /// `Last-Event-ID` wins over `after`. Throws 400 for what is no cursor.
    init(_ request: Request) throws(ProblemDetails) {
        let asked = request.headers[.lastEventID].flatMap { $0.isEmpty ? nil : $0 } ?? request.query["after"] ?? ""
        guard let position = StreamPosition(text: asked) else {
            throw .badRequest("\"\(asked.prefix(60))\" is no cursor: send one that this stream gave, as in 1-42.")
        }
        self = position
    }

    /// The cursor to go on from. Throws 409 and 410, with what can be gone on from.
    func cursor(in extent: StreamExtent) throws(ProblemDetails) -> Cursor {
        switch self {
        case .beginning: return extent.earliest
        case .latest: return extent.latest
        case .after(let cursor):
            do { try extent.check(cursor) } catch { throw ProblemDetails(error, at: cursor, in: extent) }
            return cursor
        }
    }
}

extension ProblemDetails {
    init(_ refusal: CursorRefusal, at cursor: Cursor, in extent: StreamExtent) {
        switch refusal {
        case .wrongEpoch:
            self = .conflict(
                "The store was restored since \(cursor), which no longer means what it did. Take earliest.")
        case .beyondHead:
            self = .conflict("No event \(cursor) was ever written here. Go on from earliest or latest.")
        case .gone:
            self = .gone("The events after \(cursor) are no longer kept. Go on from earliest.")
        }
        members = [
            ("earliest", .string(extent.earliest.text)), ("latest", .string(extent.latest.text)),
        ]
    }
}
