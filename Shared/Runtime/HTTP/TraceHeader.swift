package import Domain
internal import HTTPTypes
package import Hummingbird

extension Request {
    /// The trace that the caller began (`traceparent`), handed on by us; one of our own where there is none that holds.
    package var trace: TraceContext { givenTrace ?? .begun }

    /// The trace that the caller began, handed on by us; nil where there is none that holds.
    package var givenTrace: TraceContext? {
        let given = headers[values: .traceparent]
        guard given.count == 1, let trace = TraceContext(text: given[0]) else { return nil }
        return trace.handedOn(by: .random(in: 1 ... .max))
    }
}

extension TraceContext {
    /// A new trace of our own.
    package static var begun: TraceContext {
        var generator = SystemRandomNumberGenerator()
        return TraceContext(random: (generator.next(), generator.next(), generator.next()))
    }
}

extension HTTPField.Name {
    static let traceparent = Self("traceparent")!
}
