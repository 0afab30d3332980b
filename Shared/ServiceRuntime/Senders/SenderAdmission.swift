/// What a request proves of its sender.
public enum SenderAdmission: Sendable, Hashable {
    /// No secrets are configured: nobody is asked.
    case open
    /// By the sender of this name.
    case admitted(String)
    /// With what to change, for the sender to read.
    case refused(String)
}
