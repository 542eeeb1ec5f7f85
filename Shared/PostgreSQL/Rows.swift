/// What one statement gave back. Values stay as the server sent them until they are decoded.
package struct Rows: RandomAccessCollection, Sendable {
    let result: ResultHandle
    package let count: Int

    init(_ result: ResultHandle) {
        self.result = result
        count = result.rowCount
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }
    package subscript(index: Int) -> Row {
        precondition(index >= 0 && index < count, "row \(index) of \(count)")
        return Row(result: result, index: index)
    }

    package var columnNames: [String] { (0..<result.columnCount).map(result.columnName) }

    /// The number of rows that an INSERT, UPDATE, DELETE or SELECT touched or returned.
    package var affected: Int { result.affectedRows }

    /// Every row as a tuple of its first columns.
    package func decode<each Column: PostgresDecodable>(
        _ type: (repeat each Column).Type = (repeat each Column).self
    ) throws(PostgresError) -> [(repeat each Column)] {
        var rows: [(repeat each Column)] = []
        rows.reserveCapacity(count)
        for index in 0..<count {
            rows.append(try Row(result: result, index: index).decode(type))
        }
        return rows
    }

    /// The only row; no row or more than one is an error.
    package func one() throws(PostgresError) -> Row {
        guard count == 1 else {
            throw PostgresError(.decoding, operation: "decode", message: "\(count) rows where one is needed")
        }
        return self[0]
    }
}

/// One row of a result.
package struct Row: Sendable {
    let result: ResultHandle
    let index: Int

    package var columnCount: Int { result.columnCount }

    /// The value of a column, by its position from 0.
    @inline(__always)
    package func decode<T: PostgresDecodable>(
        _ type: T.Type = T.self, at column: Int
    ) throws(PostgresError) -> T {
        guard column >= 0 && column < result.columnCount else {
            throw PostgresError(
                .decoding, operation: "decode", message: "no column \(column) among \(result.columnCount)")
        }
        do throws(DecodingFault) {
            return try result.decode(T.self, row: index, column: column)
        } catch {
            throw describe(error, column: column, type: T.self)
        }
    }

    /// The value of the column called `name`.
    package func decode<T: PostgresDecodable>(
        _ type: T.Type = T.self, _ name: String
    ) throws(PostgresError) -> T {
        guard let column = result.columnIndex(name) else {
            throw PostgresError(.decoding, operation: "decode", message: "no column \(name)")
        }
        return try decode(T.self, at: column)
    }

    /// The first columns as a tuple: `row.decode((Int64, String, UUID?).self)`.
    package func decode<each Column: PostgresDecodable>(
        _ type: (repeat each Column).Type = (repeat each Column).self
    ) throws(PostgresError) -> (repeat each Column) {
        var column = -1
        func next<T: PostgresDecodable>(_: T.Type) throws(PostgresError) -> T {
            column += 1
            return try decode(T.self, at: column)
        }
        return (repeat try next((each Column).self))
    }

    private func describe(_ fault: DecodingFault, column: Int, type: Any.Type) -> PostgresError {
        let reason =
            switch fault {
            case .null: "NULL"
            case .type(let found, let wanted): "\(found) where \(wanted) is wanted"
            case .malformed(let what): what
            }
        return PostgresError(
            .decoding, operation: "decode",
            message: "column \(column) (\(result.columnName(column))) as \(type): \(reason)")
    }
}
