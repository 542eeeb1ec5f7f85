internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite(.serialized, .freshDatabase)
struct MigrationTests {
    @Test func `applying twice changes nothing the second time`() async throws {
        let pool = Fixture.current.pool
        #expect(try await Migrations.version(of: pool) == 0)
        let first = try await Migrations.apply(with: pool)
        #expect(first.map(\.number) == Migrations.all.map(\.number))
        #expect(try await Migrations.apply(with: pool).isEmpty)
        #expect(try await Migrations.version(of: pool) == Migrations.current)
    }

    @Test func `two at once apply each migration once`() async throws {
        let pool = Fixture.current.pool
        async let one = Migrations.apply(with: pool)
        async let two = Migrations.apply(with: pool)
        let applied = try await (one + two).map(\.number).sorted()
        #expect(applied == Migrations.all.map(\.number))
    }

    @Test func `numbers have no gaps`() {
        #expect(Migrations.all.map(\.number) == (1...Int32(Migrations.all.count)).map { $0 })
    }
}
