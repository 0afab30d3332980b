/// Comparisons whose duration tells nothing of the secret.
public enum ConstantTime {
    /// Whether both are the same; takes as long whatever the first difference is.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
