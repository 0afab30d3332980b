/// The user a service serves as, in a database whose schema somebody else owns: it reads and writes rows and calls
/// procedures, and can alter nothing.
public struct ServiceAccount: Sendable {
    /// Where the service's user connects, with its password: the server alone knows which account that user is.
    let configuration: MariaDBConfiguration

    private static let privileges = ["SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE"]
    private static let alterations = ["CREATE", "ALTER", "DROP"]

    public init(_ configuration: MariaDBConfiguration) { self.configuration = configuration }

    /// Gives the account what it lacks, by a connection of the schema's owner; blocks.
    ///
    /// The owner needs `GRANT OPTION` for it, unless the account has everything already.
    /// - Returns: Whether anything was missing.
    public func admit(by owner: MariaDBConnection) throws(MariaDBError) -> Bool {
        var configuration = configuration
        // Everybody may use this one; the service's own may still be closed to it.
        configuration.database = "information_schema"
        let connection = try MariaDBConnection(configuration)
        let database = self.configuration.database
        let given = try connection.privileges(in: database)
        guard !given.isSuperset(of: Self.privileges) else { return false }
        let name = try connection.query("SELECT CURRENT_USER()")[0].string(0)
        // In grants a database's name is a pattern; escaped it means itself alone, and the owner's own grant covers it.
        let pattern = ["\\", "_", "%"].reduce(database.replacing("`", with: "``")) { $0.replacing($1, with: "\\\($1)") }
        let parts = name.split(separator: "@").map { $0.replacing("'", with: "''") }
        do {
            try owner.script(
                """
                GRANT \(Self.privileges.joined(separator: ", ")) ON `\(pattern)`.*
                TO '\(parts.dropLast().joined(separator: "@"))'@'\(parts.last ?? "%")'
                """)
        } catch  where error.isAccessDenied {
            throw MariaDBError(
                .migration,
                summary: "the schema's owner may not let the service's user in: it needs GRANT OPTION on the database",
                detail: error.debugDescription)
        }
        return true
    }

    /// Whether the connection's user could make, change or empty tables, which a service never needs.
    public static func mayAlterSchema(_ connection: MariaDBConnection) throws(MariaDBError) -> Bool {
        let database = try connection.query("SELECT COALESCE(DATABASE(), '')")[0].string(0)
        return try !connection.privileges(in: database).isDisjoint(with: alterations)
    }
}

extension MariaDBConnection {
    /// What this connection's user may do with all of a database.
    fileprivate func privileges(in database: String) throws(MariaDBError) -> Set<String> {
        let account = "CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')"
        let rows = try query(
            """
            SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES
            WHERE GRANTEE = \(account) AND ? LIKE TABLE_SCHEMA
            UNION SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = \(account)
            """, [.text(database)])
        var privileges: Set<String> = []
        for row in rows { privileges.insert(try row.string(0)) }
        return privileges
    }
}
