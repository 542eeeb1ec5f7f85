internal import CPostgreSQL

/// One result of libpq, freed with its last user.
///
/// Safe to share between threads: libpq does not change a result after handing it over, and only reads are done here.
@safe final class ResultHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init(taking pointer: OpaquePointer) {
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe PQclear(pointer)
    }

    var status: ExecStatusType { unsafe PQresultStatus(pointer) }
    var rowCount: Int { Int(unsafe PQntuples(pointer)) }
    var columnCount: Int { Int(unsafe PQnfields(pointer)) }

    /// `INSERT 0 5`, `COMMIT`, …
    var commandTag: String { unsafe String(cString: PQcmdStatus(pointer)) }

    /// The number of rows the statement touched or returned.
    var affectedRows: Int { unsafe Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    func columnName(_ column: Int) -> String {
        guard let name = unsafe PQfname(pointer, CInt(column)) else { return "\(column)" }
        return unsafe String(cString: name)
    }

    func columnIndex(_ name: String) -> Int? {
        (0..<columnCount).first { columnName($0) == name }
    }

    /// Reads one value in place. `row` and `column` lie within the result.
    @inline(__always)
    func decode<T: PostgresDecodable>(_: T.Type, row: Int, column: Int) throws(DecodingFault) -> T {
        let row = CInt(truncatingIfNeeded: row)
        let column = CInt(truncatingIfNeeded: column)
        if unsafe PQgetisnull(pointer, row, column) != 0 { return try T.decodeNull() }
        let type = unsafe PostgresType(PQftype(pointer, column))
        let length = unsafe PQgetlength(pointer, row, column)
        let start = unsafe UnsafeRawPointer(PQgetvalue(pointer, row, column))
        let buffer = unsafe UnsafeRawBufferPointer(start: start, count: Int(length))
        return try unsafe T.decode(buffer.bytes, type: type)
    }

    /// A field of the server's error report, by the letter the protocol gives it.
    func errorField(_ code: Character) -> String? {
        guard let text = unsafe PQresultErrorField(pointer, CInt(code.asciiValue ?? 0)) else { return nil }
        return unsafe String(cString: text)
    }

    /// The server's report as an error of ours.
    func error(operation: String) -> PostgresError {
        let fallback = unsafe PQresultErrorMessage(pointer).map { unsafe String(cString: $0) } ?? ""
        var error = PostgresError(
            .server, operation: operation, message: errorField("M") ?? fallback,
            sqlState: errorField("C").map(SQLState.init(rawValue:)), detail: errorField("D"))
        error.hint = errorField("H")
        error.constraint = errorField("n")
        error.table = errorField("t")
        error.column = errorField("c")
        error.isStaleStatement =
            error.sqlState == .unknownStatement
            || (error.sqlState == .featureNotSupported && errorField("R") == "RevalidateCachedQuery")
        return error
    }
}
