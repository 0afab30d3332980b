import CPostgres
import Contracts
import Foundation

/// Arrays of one dimension; `NULL` elements are `nil`, a `NULL` array is an error.
extension PostgresRow {
    public func int64Array(_ column: Int) throws -> [Int64?] { try array(column, BinaryValue.int64) }
    public func int32Array(_ column: Int) throws -> [Int32?] { try array(column, BinaryValue.int32) }
    public func doubleArray(_ column: Int) throws -> [Double?] { try array(column, BinaryValue.double) }
    public func boolArray(_ column: Int) throws -> [Bool?] { try array(column, BinaryValue.bool) }
    public func stringArray(_ column: Int) throws -> [String?] { try array(column, BinaryValue.string) }
    public func bytesArray(_ column: Int) throws -> [[UInt8]?] { try array(column, BinaryValue.bytes) }
    public func uuidArray(_ column: Int) throws -> [UUID?] { try array(column, BinaryValue.uuid) }
    public func timestampArray(_ column: Int) throws -> [Timestamp?] { try array(column, BinaryValue.timestamp) }

    private func array<Element>(
        _ column: Int, _ element: (Oid, UnsafeRawBufferPointer) -> Element?
    ) throws -> [Element?] {
        let expected = "array of \(Element.self)"
        return try value(column, expected) { type, bytes in
            TypeID.arrays.contains(type) || type >= TypeID.firstOfUsers ? BinaryArray.elements(bytes, element) : nil
        }
    }
}
