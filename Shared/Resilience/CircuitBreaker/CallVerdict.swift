/// What a call's end says about the peer.
public enum CallVerdict: String, Sendable, Hashable, CaseIterable {
    case success
    case failure
    /// Says nothing: the permit goes back, the window does not move.
    case ignored
}
