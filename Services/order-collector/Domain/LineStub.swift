import Orders

/// What takes the place of a line that its target would never take: its id and span, and nothing of its content.
enum LineStub {
    static func replacing(_ line: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard let scan = LineScan(line), let id = scan.id, let span = scan.span else { return nil }
        return Array(
            #"{"id":"\#(id)","span":[\#(span.lowerBound),\#(span.upperBound)],"truncated":true,"raw":""}"#.utf8)
    }
}
