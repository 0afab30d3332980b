/// What a consumer does when messages that it has not read are no longer in the log.
public enum GapPolicy: String, Sendable, CaseIterable {
    /// The partition is not read any further, and says so, until an operator chooses.
    case stop
    /// Goes on with the oldest message that there is, and counts what is missing.
    case earliest
}
