package import TestSupport
package import Testing

/// Gives each test (each case of it) a database of its own; `Fixture.current` tells which.
package struct FreshDatabase: TestTrait, SuiteTrait, TestScoping {
    let template: DatabaseTemplate

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable @concurrent () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await body() }
        try await Fixture.with(template) { try await body() }
    }
}

extension Trait where Self == FreshDatabase {
    /// An empty database for each test.
    package static var freshDatabase: Self { FreshDatabase(template: .empty) }

    /// A copy of `template` for each test.
    package static func freshDatabase(_ template: DatabaseTemplate) -> Self { FreshDatabase(template: template) }
}
