import CPostgres

/// Identifiers of built-in types, the same in every PostgreSQL (`src/include/catalog/pg_type.dat`).
enum TypeID {
    static let bool: Oid = 16
    static let bytea: Oid = 17
    static let name: Oid = 19
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let json: Oid = 114
    static let float4: Oid = 700
    static let float8: Oid = 701
    static let unknown: Oid = 705
    static let bpchar: Oid = 1042
    static let varchar: Oid = 1043
    static let timestamp: Oid = 1114
    static let timestamptz: Oid = 1184
    static let uuid: Oid = 2950
    static let jsonb: Oid = 3802

    static let jsonArray: Oid = 199
    static let boolArray: Oid = 1000
    static let byteaArray: Oid = 1001
    static let int4Array: Oid = 1007
    static let textArray: Oid = 1009
    static let int8Array: Oid = 1016
    static let float8Array: Oid = 1022
    static let timestamptzArray: Oid = 1185
    static let uuidArray: Oid = 2951

    /// Arrays of every type that can be read, and of `int2`, `name`, `varchar`, `bpchar`, `float4`, `timestamp`, `jsonb`.
    static let arrays: Set<Oid> = [
        jsonArray, boolArray, byteaArray, int4Array, textArray, int8Array, float8Array, timestamptzArray, uuidArray,
        1005, 1003, 1015, 1014, 1021, 1115, 3807,
    ]

    /// Types that users make (enums among them) have identifiers from here on.
    static let firstOfUsers: Oid = 16_384
}
