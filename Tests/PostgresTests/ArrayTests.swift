import Contracts
import Foundation
import Testing

@testable import Postgres

extension PostgresTests {
    struct ArrayTests {
        @Test func `arrays of every type come back with their NULLs`() throws {
            try TestServer.withConnection { connection in
                let (uuid, moment) = (UUID(), Timestamp(milliseconds: 1_769_860_800_123))
                let row = try connection.query(
                    "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9",
                    [
                        .int8Array([1, nil, .max]), .int4Array([nil, -1]), .doubleArray([0.5, nil]),
                        .boolArray([true, nil, false]), .textArray(["", nil, "{a,\"b\"}"]),
                        .bytesArray([[], nil, [0]]),
                        .uuidArray([uuid, nil]), .timestampArray([nil, moment]), .jsonArray([Array("[1]".utf8), nil]),
                    ])[0]
                #expect(try row.int64Array(0) == [1, nil, .max])
                #expect(try row.int32Array(1) == [nil, -1])
                #expect(try row.doubleArray(2) == [0.5, nil])
                #expect(try row.boolArray(3) == [true, nil, false])
                #expect(try row.stringArray(4) == ["", nil, "{a,\"b\"}"])
                #expect(try row.bytesArray(5) == [[], nil, [0]])
                #expect(try row.uuidArray(6) == [uuid, nil])
                #expect(try row.timestampArray(7) == [nil, moment])
                #expect(try row.bytesArray(8) == [Array("[1]".utf8), nil])
            }
        }

        @Test func `an empty array is an array`() throws {
            try TestServer.withConnection { connection in
                let row = try connection.query("SELECT $1, cardinality($1)", [.textArray([])])[0]
                #expect(try row.stringArray(0) == [])
                #expect(try row.int64(1) == 0)
            }
        }

        @Test func `thousands of rows go in with one statement and come out with another`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TABLE events (id uuid PRIMARY KEY, key text, payload json)")
                let ids = (0..<5_000).map { _ in UUIDv7.make() }
                let stored = try connection.execute(
                    "INSERT INTO events SELECT * FROM unnest($1::uuid[], $2::text[], $3::json[])",
                    [
                        .uuidArray(ids), .textArray(ids.indices.map { $0 % 7 == 0 ? nil : "key \($0)" }),
                        .jsonArray(ids.indices.map { Array(#"{"n":\#($0)}"#.utf8) }),
                    ])
                #expect(stored == 5_000)
                let rows = try connection.query("SELECT id, key, payload FROM events ORDER BY id")
                #expect(rows.count == 5_000)
                for (index, row) in rows.enumerated() {
                    #expect(try row.uuid(0) == ids[index])
                    #expect(try row.stringOrNil(1) == (index % 7 == 0 ? nil : "key \(index)"))
                    #expect(try row.string(2) == #"{"n":\#(index)}"#)
                }
            }
        }

        @Test func `arrays of text-like and of made types are read, deeper ones refused`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TYPE mood AS ENUM ('glad', 'sad')")
                let row = try connection.query(
                    "SELECT ARRAY['a'::varchar, NULL], ARRAY['sad'::mood], ARRAY[[1, 2], [3, 4]], ARRAY[1::smallint]")[
                        0]
                #expect(try row.stringArray(0) == ["a", nil])
                #expect(try row.stringArray(1) == ["sad"])
                #expect(postgresError { try row.int64Array(2) }?.code == .decoding)
                #expect(try row.int64Array(3) == [1])
            }
        }
    }
}
