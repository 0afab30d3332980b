import CPostgres

extension PostgresError {
    /// What the server answered instead of a result.
    ///
    /// - Parameter result: A result with an error status; stays the caller's.
    init(result: OpaquePointer) {
        let state = postgres_sqlstate(result).map { String(cString: $0) }
        let severity = postgres_severity(result).map { String(cString: $0) }
        let message = String(cString: postgres_message(result) ?? UnsafePointer(PQresultErrorMessage(result)))
        let detail = postgres_detail(result).map { " (\(String(cString: $0)))" } ?? ""
        let constraint = postgres_constraint(result).map { String(cString: $0) }
        // A result without a SQLSTATE was made by libpq itself: the connection broke.
        let isLost = severity == "FATAL" || severity == "PANIC" || state == nil
        let code = state.map { " (SQLSTATE \($0))" } ?? ""
        let violated = constraint.map { ", constraint \($0)" } ?? ""
        self.init(
            isLost ? .connection : .query,
            isLost
                ? "the connection to PostgreSQL was lost\(code)" : "PostgreSQL refused a statement\(code)\(violated)",
            detail: message + detail, sqlState: state, constraint: constraint)
        // The message is translated by the server, the name of the function that raised it is not.
        let source = postgres_source_function(result).map { String(cString: $0) }
        isStaleStatement =
            state == SQLState.unknownStatement
            || state == SQLState.featureNotSupported && source == "RevalidateCachedQuery"
    }

    static func connectionLost(sqlState: String?, message: String) -> PostgresError {
        let code = sqlState.map { " (SQLSTATE \($0))" } ?? ""
        return PostgresError(
            .connection, "the connection to PostgreSQL was lost\(code)", detail: message, sqlState: sqlState)
    }
}
