import Hummingbird

/// What a request carries here: beside the usual, a way to drop its connection without an answer.
struct SandboxContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Closes the connection that the request came on, at once.
    let dropConnection: @Sendable () -> Void

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        let channel = source.channel
        self.dropConnection = { channel.close(promise: nil) }
    }
}
