import Contracts
import Foundation
import Testing

@testable import Postgres

extension PostgresTests {
    struct ValueTests {
        @Test func `every type of value comes back as it went`() throws {
            try TestServer.withConnection { connection in
                let uuid = UUID()
                let moment = Timestamp(milliseconds: 1_769_860_800_123)
                let row = try connection.query(
                    "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9",
                    [
                        .int8(.min), .int4(.max), .double(-0.1), .bool(true), .text("ünï\n🎁"), .bytes([0, 255, 1]),
                        .uuid(uuid), .timestamp(moment), .json(Array(#"{"a": [1]}"#.utf8)),
                    ])[0]
                #expect(try row.int64(0) == .min)
                #expect(try row.int32(1) == .max)
                #expect(try row.int64(1) == Int64(Int32.max))
                #expect(try row.double(2) == -0.1)
                #expect(try row.bool(3))
                #expect(try row.string(4) == "ünï\n🎁")
                #expect(try row.bytes(5) == [0, 255, 1])
                #expect(try row.uuid(6) == uuid)
                #expect(try row.timestamp(7) == moment)
                #expect(try row.bytes(8) == Array(#"{"a": [1]}"#.utf8))
                #expect(try row.string(8) == #"{"a": [1]}"#)
            }
        }

        @Test func `empty text and bytes are not NULL`() throws {
            try TestServer.withConnection { connection in
                let row = try connection.query("SELECT $1, $2, $1 IS NULL", [.text(""), .bytes([])])[0]
                #expect(try row.stringOrNil(0) == "")
                #expect(try row.bytesOrNil(1) == [])
                #expect(try row.bool(2) == false)
            }
        }

        @Test func `NULL comes back as nil, of every type`() throws {
            try TestServer.withConnection { connection in
                let row = try connection.query(
                    """
                    SELECT $1::bigint, $2::int, $3::float8, $4::bool, $5::text, $6::bytea, $7::uuid, $8::timestamptz,
                        $9::json
                    """, Array(repeating: .null, count: 9))[0]
                #expect(try row.int64OrNil(0) == nil)
                #expect(try row.int32OrNil(1) == nil)
                #expect(try row.doubleOrNil(2) == nil)
                #expect(try row.boolOrNil(3) == nil)
                #expect(try row.stringOrNil(4) == nil)
                #expect(try row.bytesOrNil(5) == nil)
                #expect(try row.uuidOrNil(6) == nil)
                #expect(try row.timestampOrNil(7) == nil)
                #expect(try row.bytesOrNil(8) == nil)
                #expect(postgresError { try row.int64(0) }?.code == .decoding)
            }
        }

        @Test func `other types of the server are read where they fit`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TYPE mood AS ENUM ('glad', 'sad')")
                let row = try connection.query(
                    """
                    SELECT 7::smallint, 1.5::real, 'v'::varchar(9), 'n'::name, 'sad'::mood, '{"k":1}'::jsonb,
                        timestamp '2000-01-01 00:00:00.5', timestamptz '1969-12-31 23:59:59.9999+00'
                    """)[0]
                #expect(try row.int64(0) == 7)
                #expect(try row.double(1) == 1.5)
                #expect(try [2, 3, 4].map { try row.string($0) } == ["v", "n", "sad"])
                #expect(try row.string(5) == #"{"k": 1}"#)
                #expect(try row.timestamp(6).milliseconds == 946_684_800_500)
                #expect(try row.timestamp(7).milliseconds == -1, "parts of a millisecond are cut downwards")
            }
        }

        @Test func `a column of another type is refused by name`() throws {
            try TestServer.withConnection { connection in
                let row = try connection.query(
                    "SELECT 1::bigint AS n, 'x' AS t, 1.5 AS d, timestamptz 'infinity' AS i")[0]
                let error = postgresError { try row.string(0) }
                #expect(error?.code == .decoding)
                #expect(error?.description == "column 0 (n) cannot be read as text")
                #expect(postgresError { try row.int32(0) }?.code == .decoding, "an int8 may not fit an int4")
                #expect(postgresError { try row.uuid(1) }?.code == .decoding)
                #expect(postgresError { try row.double(2) }?.code == .decoding, "numeric must be cast")
                #expect(postgresError { try row.timestamp(3) }?.code == .decoding)
                #expect(postgresError { try row.int64(9) }?.code == .decoding)
                #expect(postgresError { try row.int64Array(0) }?.code == .decoding)
            }
        }

        @Test func `a moment that the type cannot hold is refused by the server`() throws {
            try TestServer.withConnection { connection in
                let error = postgresError {
                    try connection.query("SELECT $1", [.timestamp(Timestamp(milliseconds: .max))])
                }
                #expect(error?.sqlState == "22008")
            }
        }
    }
}
