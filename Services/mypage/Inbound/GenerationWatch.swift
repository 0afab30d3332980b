import Logging
import ServiceLifecycle

/// Learns every second which generations there are.
struct GenerationWatch: Service, CustomStringConvertible {
    let store: any GenerationStore
    let active: ActiveGeneration
    var interval: Duration = .seconds(1)
    let logger: Logger

    var description: String { "GenerationWatch" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func look() async {
        // While the database is away what was known last stays true.
        guard let found = try? await store.generations(), found != active.generations else { return }
        active.generations = found
        logger.info(
            "generations",
            metadata: [
                "mypage.generation.active": "\(found.active.number)",
                "mypage.generation.live": "\(found.live.map(\.number).sorted())",
            ])
    }
}
