import DequeModule

/// Decides which request may start: at most so many at once in all and for each host, hosts in turn,
/// first-in-first-out within a host. A value; knows nothing of connections.
struct AdmissionQueue<ID: Hashable> {
    private struct Host {
        var active = 0
        var waiting = Deque<ID>()
        var isInTurn = false
    }

    private let maxActive: Int
    private let maxActivePerHost: Int
    private var hosts: [String: Host] = [:]
    /// Hosts where somebody waits and a place is free.
    private var turns = Deque<String>()
    private(set) var active = 0
    private(set) var waiting = 0

    init(maxActive: Int, maxActivePerHost: Int) {
        self.maxActive = maxActive
        self.maxActivePerHost = maxActivePerHost
    }

    mutating func enqueue(_ id: ID, host name: String) {
        hosts[name, default: Host()].waiting.append(id)
        waiting += 1
        giveTurn(to: name)
    }

    /// Starts the next one, or returns `nil` while nobody may start.
    mutating func next() -> ID? {
        guard active < maxActive, let name = turns.popFirst() else { return nil }
        hosts[name]?.isInTurn = false
        guard let id = hosts[name]?.waiting.popFirst() else { return next() }
        hosts[name]?.active += 1
        active += 1
        waiting -= 1
        giveTurn(to: name)
        return id
    }

    /// One that had started is over.
    mutating func finish(host name: String) {
        active -= 1
        hosts[name]?.active -= 1
        giveTurn(to: name)
        forgetIfIdle(name)
    }

    /// Takes out one that waits; `false` if it does not.
    mutating func remove(_ id: ID, host name: String) -> Bool {
        guard let index = hosts[name]?.waiting.firstIndex(of: id) else { return false }
        hosts[name]?.waiting.remove(at: index)
        waiting -= 1
        forgetIfIdle(name)
        return true
    }

    /// Takes out all that wait.
    mutating func removeWaiting() -> [ID] {
        let all = hosts.values.flatMap { Array($0.waiting) }
        for name in hosts.keys { hosts[name]?.waiting.removeAll() }
        turns.removeAll()
        for name in hosts.keys { hosts[name]?.isInTurn = false }
        hosts = hosts.filter { $0.value.active > 0 }
        waiting = 0
        return all
    }

    private mutating func giveTurn(to name: String) {
        guard let host = hosts[name], !host.isInTurn, !host.waiting.isEmpty, host.active < maxActivePerHost
        else { return }
        hosts[name]?.isInTurn = true
        turns.append(name)
    }

    private mutating func forgetIfIdle(_ name: String) {
        guard let host = hosts[name], host.active == 0, host.waiting.isEmpty, !host.isInTurn else { return }
        hosts[name] = nil
    }
}
