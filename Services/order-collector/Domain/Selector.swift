/// Decides which channels an event goes to.
protocol Selector: Sendable {
    /// Names of channels.
    func channels(for event: Event) -> [String]
    /// Every event goes to the same channels; then these are they.
    var fixedChannels: [String]? { get }
}

/// Every event goes to every channel.
struct ReplicatingSelector: Selector {
    let channels: [String]
    func channels(for event: Event) -> [String] { channels }
    var fixedChannels: [String]? { channels }
}

/// A header's value decides.
struct MultiplexingSelector: Selector {
    let header: String
    let mapping: [String: [String]]
    /// For values that are not mapped, and events without the header.
    let otherwise: [String]

    func channels(for event: Event) -> [String] { event[header: header].flatMap { mapping[$0] } ?? otherwise }
    var fixedChannels: [String]? { nil }
}
