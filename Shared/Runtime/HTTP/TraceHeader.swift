package import Domain
internal import HTTPTypes
package import Hummingbird

extension Request {
    /// The trace that the caller began (`traceparent`), handed on by us; one of our own where there is none that holds.
    package var trace: TraceContext {
        var generator = SystemRandomNumberGenerator()
        let given = headers[values: .traceparent]
        if given.count == 1, let trace = TraceContext(text: given[0]) { return trace.handedOn(by: generator.next()) }
        return TraceContext(random: (generator.next(), generator.next(), generator.next()))
    }
}

extension HTTPField.Name {
    static let traceparent = Self("traceparent")!
}
