/// What the peer of a test answers with.
struct PeerError: Error, Hashable {
    var status = 500
}
