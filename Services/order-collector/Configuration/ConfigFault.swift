/// What is wrong with the configuration file, and where.
struct ConfigFault: Error, CustomStringConvertible {
    /// Counted from 1; 0 when it concerns the file as a whole.
    let line: Int
    let fault: String
    var file = ""

    init(line: Int, _ fault: String) {
        self.line = line
        self.fault = fault
    }

    var description: String { "\(file)\(line > 0 ? ":\(line)" : ""): \(fault)" }
}
