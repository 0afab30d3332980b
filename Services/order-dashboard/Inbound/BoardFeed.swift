import Foundation
import Logging
import Orders
import Redis
import ServiceLifecycle

/// Keeps the board up to date: by what is published, and by a look at the store after each subscription and from time
/// to time, since Redis forgets who was away.
final class BoardFeed: Service, CustomStringConvertible {
    private static let showEvery: Duration = .milliseconds(50)
    private static let lookEvery: Duration = .seconds(5)

    private let board: LiveBoard
    private let reader: StatisticsReader
    private let redis: RedisConfiguration
    private let logger: Logger

    init(board: LiveBoard, reader: StatisticsReader, redis: RedisConfiguration, logger: Logger) {
        self.board = board
        self.reader = reader
        self.redis = redis
        self.logger = logger
    }

    var description: String { "BoardFeed" }

    func run() async throws {
        let (wakeUps, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let board = board
        let subscriber = RedisSubscriber(redis, channels: [StatisticsKeys.channel], logger: logger) { event in
            switch event {
            case .subscribed:
                board.setConnected(true)
                wakeUp.yield()
            case .lost: board.setConnected(false)
            case .message(_, let bytes):
                if let window = PublishedWindow.decode(bytes) { board.apply([window], countsAsRate: true) }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.look(at: wakeUps) }
            group.addTask { await Self.every(Self.lookEvery) { wakeUp.yield() } }
            group.addTask { await Self.every(.seconds(1)) { board.tick() } }
            group.addTask { await Self.every(Self.showEvery) { board.show() } }
            try? await gracefulShutdown()
            group.cancelAll()
        }
        subscriber.close()
    }

    private func look(at wakeUps: AsyncStream<Void>) async {
        for await _ in wakeUps {
            do {
                board.apply(try await reader.latest(count: Board.windowsPerBranch), countsAsRate: false)
            } catch {
                logger.debug("cannot read the windows", metadata: ["error": "\(error)"])
            }
        }
    }

    private static func every(_ pause: Duration, _ body: () -> Void) async {
        while !Task.isCancelled {
            body()
            try? await Task.sleep(for: pause)
        }
    }
}
