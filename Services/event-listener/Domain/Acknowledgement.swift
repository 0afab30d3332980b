/// When a caller is answered.
enum Acknowledgement: String, Sendable, CaseIterable {
    /// Once its events are committed.
    case stored
    /// Once they are in the buffer.
    case queued
}
