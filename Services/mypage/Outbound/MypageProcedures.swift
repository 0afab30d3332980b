import MariaDB

/// What makes and drops the tables of a generation: procedures that run as the schema's owner.
///
/// The service's user may call them and make no table by itself, so a rebuild needs nobody else's credentials.
enum MypageProcedures {
    /// Stands for the generation's number.
    static let placeholder = "{n}"

    static let make = "make_generation"
    static let drop = "drop_generation"

    /// Makes the procedures, or makes them anew where they are not those of this program.
    static func install(on connection: MariaDBConnection) throws(MariaDBError) {
        for (name, body) in [(make, makeBody), (drop, dropBody)] {
            let checksum = try connection.query("SELECT SHA2(?, 256)", [.text(body)])[0].string(0)
            let installed = try connection.query(
                """
                SELECT 1 FROM information_schema.ROUTINES
                WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_NAME = ? AND ROUTINE_COMMENT = ?
                """, [.text(name), .text(checksum)])
            guard installed.isEmpty else { continue }
            try connection.script(
                """
                CREATE OR REPLACE PROCEDURE \(name)(IN generation INT)
                MODIFIES SQL DATA SQL SECURITY DEFINER COMMENT '\(checksum)'
                \(body)
                """)
        }
    }

    private static var makeBody: String {
        let statements = MypageSchema.generation.split(separator: "\n").filter { !$0.hasPrefix("--") }
            .joined(separator: "\n").split(separator: ";").filter { $0.contains { !$0.isWhitespace } }
        return """
            BEGIN
            IF generation IS NULL OR generation < 1 THEN
                SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'generations are numbered from 1';
            END IF;
            \(statements.map { execute(String($0)) }.joined(separator: "\n"))
            END
            """
    }

    private static var dropBody: String {
        """
        BEGIN
        IF NOT EXISTS (SELECT * FROM mypage_generations WHERE number = generation AND state = 'dropped')
            OR generation IN (SELECT active FROM mypage_generation) THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'only the tables of a dropped generation can go';
        END IF;
        \(execute("DROP TABLE IF EXISTS " + MypageTables(number: placeholder).all.joined(separator: ", ")))
        END
        """
    }

    private static func execute(_ sql: String) -> String {
        "EXECUTE IMMEDIATE REPLACE('\(sql.replacing("'", with: "''"))', '\(placeholder)', generation);"
    }
}
