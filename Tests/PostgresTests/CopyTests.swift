import Contracts
import Foundation
import Testing

@testable import Postgres

extension PostgresTests {
    struct CopyTests {
        private static let table = """
            CREATE TABLE t (a int PRIMARY KEY, b bigint, c text, d uuid, e timestamptz, f json, g bytea)
            """
        private static let columns = ["a", "b", "c", "d", "e", "f", "g"]

        private func rows(_ numbers: Range<Int32>, into table: String = "t", text: String = "x") -> PostgresCopy {
            PostgresCopy(into: table, columns: ["a", "c"]) { rows in
                for number in numbers {
                    try rows.beginRow()
                    rows.int32(number)
                    rows.text(text)
                }
            }
        }

        @Test func `values of every type arrive, and so does NULL`() throws {
            try TestServer.withConnection { connection in
                try connection.script(Self.table)
                let (id, time) = (UUID(), Timestamp(milliseconds: 1_790_000_000_123))
                let counts = try connection.copy([
                    PostgresCopy(into: "t", columns: Self.columns) { rows in
                        try rows.beginRow()
                        rows.int32(-7)
                        rows.int64(.min)
                        rows.text("grüße\n\t")
                        rows.uuid(id)
                        rows.timestamp(time)
                        rows.bytes(Array(#"{"a" : 1}"#.utf8))
                        rows.bytes([0, 255])
                        try rows.beginRow()
                        rows.int32(8)
                        rows.int64(Int64?.none)
                        rows.text(String?.some("there"))
                        for _ in 0..<4 { rows.null() }
                    }
                ])
                #expect(counts == [2])
                let all = try connection.query("SELECT * FROM t ORDER BY a")
                #expect(try all[0].int64(0) == -7 && all[0].int64(1) == .min && all[0].string(2) == "grüße\n\t")
                #expect(try all[0].uuid(3) == id && all[0].timestamp(4) == time && all[0].string(5) == #"{"a" : 1}"#)
                #expect(try all[0].bytes(6) == [0, 255])
                #expect(try all[1].int64OrNil(1) == nil && all[1].string(2) == "there" && all[1].uuidOrNil(3) == nil)
            }
        }

        @Test func `a copy that was opened before takes its rows, and any other call closes it`() throws {
            try TestServer.withConnection { connection in
                try connection.script(Self.table + "; CREATE TABLE u (a int PRIMARY KEY, c text)")
                try connection.openCopy(rows(0..<0))
                #expect(!connection.isInTransaction)
                #expect(try connection.copy([rows(1..<4)]) == [3])
                // Not this one's rows, a statement, a transaction, two copies, nothing at all.
                try connection.openCopy(rows(0..<0))
                #expect(try connection.copy([rows(1..<3, into: "u")]) == [2])
                try connection.openCopy(rows(0..<0))
                #expect(try connection.query("SELECT count(*) FROM t")[0].int64(0) == 3)
                try connection.openCopy(rows(0..<0))
                try connection.transaction { connection in
                    try connection.copy([rows(4..<6)])
                    #expect(throws: PostgresError.self) { try connection.openCopy(rows(0..<0)) }
                }
                try connection.openCopy(rows(0..<0))
                #expect(try connection.copy([rows(6..<7), rows(3..<4, into: "u")]) == [1, 1])
                try connection.openCopy(rows(0..<0))
                try connection.closeCopy()
                try connection.closeCopy()
                // What goes wrong with it goes wrong as it does without.
                try connection.openCopy(rows(0..<0))
                let repeated = #expect(throws: PostgresError.self) { try connection.copy([rows(6..<8)]) }
                #expect(repeated?.sqlState == "23505" && connection.isAlive)
                let missing = #expect(throws: PostgresError.self) {
                    try connection.openCopy(rows(0..<0, into: "missing"))
                }
                #expect(missing?.sqlState == "42P01" && connection.isAlive)
                #expect(try connection.query("SELECT count(*) FROM t")[0].int64(0) == 6)
            }
        }

        @Test func `many megabytes go through without piling up`() throws {
            try TestServer.withConnection { connection in
                try connection.script(Self.table)
                let text = String(repeating: "abcdefgh", count: 1_000)
                #expect(try connection.copy([rows(0..<5_000, text: text)]) == [5_000])
                #expect(try connection.query("SELECT sum(length(c))::bigint FROM t")[0].int64(0) == 40_000_000)
            }
        }

        @Test func `several copies are one transaction, and the connection can be used on after a refusal`() throws {
            try TestServer.withConnection { connection in
                try connection.script(Self.table + "; CREATE TABLE u (a int PRIMARY KEY, c text)")
                #expect(try connection.copy([rows(0..<3), rows(0..<2, into: "u")]) == [3, 2])
                // The second of two copies meets a key that is there, so the first is undone too.
                let error = #expect(throws: PostgresError.self) {
                    try connection.copy([rows(10..<20), rows(1..<9, into: "u")])
                }
                #expect(error?.sqlState == "23505" && error?.isCommitAmbiguous == false)
                // The same for the first: nobody asks for the rows of the second.
                #expect(throws: PostgresError.self) { try connection.copy([rows(0..<99), rows(5..<9, into: "u")]) }
                #expect(try connection.query("SELECT count(*) FROM t")[0].int64(0) == 3)
                #expect(try connection.query("SELECT count(*) FROM u")[0].int64(0) == 2)
            }
        }

        @Test func `in a transaction copies take part in it`() throws {
            try TestServer.withConnection { connection in
                try connection.script(Self.table)
                #expect(throws: CancellationError.self) {
                    try connection.transaction { connection in
                        try connection.copy([rows(0..<3)])
                        throw CancellationError()
                    }
                }
                try connection.transaction { _ = try $0.copy([rows(0..<4)]) }
                #expect(try connection.query("SELECT count(*) FROM t")[0].int64(0) == 4)
            }
        }

        @Test func `what the rows' source throws ends the copy without a trace`() throws {
            try TestServer.withConnection { connection in
                try connection.script(Self.table)
                #expect(throws: CancellationError.self) {
                    try connection.copy([
                        rows(0..<9),
                        PostgresCopy(into: "t", columns: ["a"]) { rows in
                            try rows.beginRow()
                            rows.int32(77)
                            throw CancellationError()
                        },
                    ])
                }
                #expect(try connection.query("SELECT count(*) FROM t")[0].int64(0) == 0)
                #expect(try connection.copy([rows(0..<1)]) == [1])
            }
        }

        @Test func `a server that goes away in the middle is a loss, and nobody knows of the commit`() throws {
            try TestServer.withDatabaseBlocking { configuration in
                let connection = try PostgresConnection(configuration)
                try connection.script(Self.table)
                let error = #expect(throws: PostgresError.self) {
                    try connection.copy([
                        PostgresCopy(into: "t", columns: ["a", "c"]) { rows in
                            try TestServer.terminateSessions(of: configuration.database)
                            for number in 0..<100_000 as Range<Int32> {
                                try rows.beginRow()
                                rows.int32(number)
                                rows.text("some text that is long enough to fill what lies between")
                            }
                        }
                    ])
                }
                #expect(error?.isConnectionLost == true && !connection.isAlive)
                #expect(throws: PostgresError.self) { try connection.copy([rows(0..<1)]) }
            }
        }

        @Test func `a COPY in an ordinary statement is refused`() throws {
            try TestServer.withConnection { connection in
                #expect(throws: PostgresError.self) { try connection.script("COPY pg_class TO STDOUT") }
            }
        }
    }
}
