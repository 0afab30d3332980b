/// The user a service serves as, in a database whose schema somebody else owns: it reads and writes rows, calls
/// functions and takes numbers from sequences, and can alter nothing.
struct ServiceRole: Sendable {
    let name: String

    /// Gives the role what it lacks in the schemas of the connection's user, in one transaction; blocks.
    ///
    /// What that user makes later is covered by default privileges. The record of the migrations is only shown.
    /// - Returns: How many grants were missing.
    /// - Throws: ``PostgresError``; code `migration` when there is no such role.
    func admit(on connection: PostgresConnection) throws -> Int {
        let exists = try connection.query("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", [.text(name)])
        guard try exists[0].bool(0) else {
            throw PostgresError(
                .migration, "there is no user \"\(name)\" yet, whom DATABASE_URL names: CREATE ROLE comes first")
        }
        let grants = try connection.query(Self.missing, [.text(name)]).map { try $0.string(0) }
        guard !grants.isEmpty else { return 0 }
        try connection.transaction { connection in try connection.script(grants.joined(separator: ";\n")) }
        return grants.count
    }

    /// The statements that give what is missing; those for schemas come first.
    private static let missing = """
        WITH schemas AS (
            SELECT oid, nspname FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'CREATE')
        ), wanted AS (
            SELECT c.oid, CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, privilege
            FROM pg_class c JOIN schemas ON schemas.oid = c.relnamespace
            CROSS JOIN LATERAL unnest(CASE
                WHEN c.relkind = 'S' THEN ARRAY['USAGE']
                WHEN c.relname = 'schema_migrations' THEN ARRAY['SELECT']
                ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) AS privilege
            WHERE c.relkind IN ('r', 'p', 'v', 'S') AND pg_has_role(c.relowner, 'USAGE')
        ), defaults (letter, kind, privileges, last) AS (
            VALUES ('r', 'TABLES', 'SELECT, INSERT, UPDATE, DELETE', 'DELETE'), ('S', 'SEQUENCES', 'USAGE', 'USAGE'),
                ('f', 'FUNCTIONS', 'EXECUTE', 'EXECUTE')
        )
        SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1)
        WHERE NOT has_database_privilege($1, current_database(), 'CONNECT')
        UNION ALL
        SELECT format('GRANT USAGE ON SCHEMA %I TO %I', nspname, $1) FROM schemas
        WHERE NOT has_schema_privilege($1, oid, 'USAGE')
        UNION ALL
        SELECT format('GRANT %s ON %s %s TO %I', string_agg(privilege, ', '), kind, oid::regclass, $1) FROM wanted
        WHERE NOT CASE kind
            WHEN 'TABLE' THEN has_table_privilege($1, oid, privilege)
            ELSE has_sequence_privilege($1, oid, privilege) END
        GROUP BY oid, kind
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure, $1)
        FROM pg_proc p JOIN schemas ON schemas.oid = p.pronamespace
        WHERE pg_has_role(p.proowner, 'USAGE') AND NOT has_function_privilege($1, p.oid, 'EXECUTE')
        UNION ALL
        SELECT format(
            'ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT %s ON %s TO %I', nspname, d.privileges, d.kind, $1)
        FROM schemas CROSS JOIN defaults d
        WHERE NOT EXISTS (
            SELECT FROM pg_default_acl a CROSS JOIN LATERAL aclexplode(a.defaclacl) AS given
            WHERE a.defaclrole = current_user::regrole AND a.defaclnamespace = schemas.oid
            AND a.defaclobjtype = d.letter::"char" AND given.grantee::regrole::text = quote_ident($1)
            AND given.privilege_type = d.last
        )
        """
}

extension PostgresConnection {
    /// Whether this connection's user could make, change or empty tables, which a service never needs.
    public func mayAlterSchema() throws -> Bool {
        try query(
            """
            SELECT EXISTS (
                SELECT FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'CREATE')
            ) OR EXISTS (
                SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND (pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, 'TRUNCATE'))
            )
            """)[0].bool(0)
    }
}
