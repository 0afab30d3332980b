import CPostgres
import Contracts
import Foundation

/// Reads PostgreSQL's binary values. Each function answers `nil` where type or bytes do not fit.
enum BinaryValue {
    static func int64(_ type: Oid, _ bytes: UnsafeRawBufferPointer) -> Int64? {
        switch type {
        case TypeID.int8: number(bytes)
        case TypeID.int4: number(bytes, as: Int32.self).map(Int64.init)
        case TypeID.int2: number(bytes, as: Int16.self).map(Int64.init)
        default: nil
        }
    }

    static func int32(_ type: Oid, _ bytes: UnsafeRawBufferPointer) -> Int32? {
        type == TypeID.int8 ? nil : int64(type, bytes).map { Int32(truncatingIfNeeded: $0) }
    }

    static func double(_ type: Oid, _ bytes: UnsafeRawBufferPointer) -> Double? {
        switch type {
        case TypeID.float8: number(bytes).map(Double.init(bitPattern:))
        case TypeID.float4: number(bytes).map { Double(Float(bitPattern: $0)) }
        default: nil
        }
    }

    static func bool(_ type: Oid, _ bytes: UnsafeRawBufferPointer) -> Bool? {
        type == TypeID.bool && bytes.count == 1 ? bytes[0] != 0 : nil
    }

    /// Text of any type whose binary form is its text: enums too, whose types are the users' own.
    static func string(_ type: Oid, _ bytes: UnsafeRawBufferPointer) -> String? {
        switch type {
        case TypeID.text, TypeID.varchar, TypeID.bpchar, TypeID.name, TypeID.unknown, TypeID.json,
            TypeID.firstOfUsers...:
            String(validating: bytes, as: UTF8.self)
        case TypeID.jsonb: jsonText(bytes).flatMap { String(validating: $0, as: UTF8.self) }
        default: nil
        }
    }

    static func bytes(_ type: Oid, _ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        switch type {
        case TypeID.bytea, TypeID.json, TypeID.text, TypeID.varchar: [UInt8](bytes)
        case TypeID.jsonb: jsonText(bytes).map { [UInt8]($0) }
        default: nil
        }
    }

    static func uuid(_ type: Oid, _ bytes: UnsafeRawBufferPointer) -> UUID? {
        type == TypeID.uuid && bytes.count == 16 ? UUID(uuid: bytes.loadUnaligned(as: uuid_t.self)) : nil
    }

    static func timestamp(_ type: Oid, _ bytes: UnsafeRawBufferPointer) -> Timestamp? {
        guard type == TypeID.timestamptz || type == TypeID.timestamp else { return nil }
        return number(bytes).flatMap(TimestampFormat.timestamp(microseconds:))
    }

    /// `jsonb` is its text behind a version byte.
    private static func jsonText(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        bytes.first == 1 ? bytes.dropFirst() : nil
    }

    static func number<Number: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, as: Number.Type = Number.self
    ) -> Number? {
        guard bytes.count == MemoryLayout<Number>.size else { return nil }
        return Number(bigEndian: bytes.loadUnaligned(as: Number.self))
    }
}
