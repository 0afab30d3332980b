import Contracts
import Logging
import Metrics
import Resilience
import ServiceLifecycle

/// Sends what is queued, as fast as the limits allow, with no more requests at once than the desk has places.
///
/// Claims a message only when its request starts at once. When it is told to stop it claims nothing more and waits for
/// the requests under way.
struct Dispatcher: Service, CustomStringConvertible {
    let queue: any SendQueue
    let api: any BotAPI
    let deliver: DeliverMessage
    let desk: SendDesk
    /// The longest sleep: what other replicas have queued is found by then.
    let poll: Duration
    let probeTimeout: Duration
    let logger: Logger
    var backoff = Backoff(base: .milliseconds(100), limit: .seconds(2))

    var description: String { "Dispatcher" }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in await dispatch(&group) }
        } onGracefulShutdown: {
            desk.close()
        }
    }

    private func dispatch(_ group: inout DiscardingTaskGroup) async {
        var failures = 0
        var limitedUntil = ContinuousClock.now
        while desk.isOpen || !desk.isIdle {
            for handed in desk.takeHanded() { start(handed.claim, handed.answer, &group) }
            if Task.isCancelled { desk.close() }
            // The bell of each new message is not worth a look while no message can go.
            let limited = limitedUntil - .now
            if limited > .zero {
                await desk.sleep(atMost: limited)
                continue
            }
            let round: ClaimRound
            do {
                round = try await look()
                failures = 0
            } catch {
                failures += 1
                if failures == 1 { logger.warning("The queue cannot be read", metadata: ["error": "\(error)"]) }
                round = ClaimRound(pause: backoff.pause(afterAttempt: failures))
            }
            for claim in round.claims { start(claim, nil, &group) }
            if round.isProbeDue { group.addTask { await probe() } }
            let pause = min(poll, round.pause ?? poll)
            if round.isLimited { limitedUntil = .now + pause }
            if pause > .zero { await desk.sleep(atMost: pause) }
        }
        for handed in desk.takeHanded() { handed.answer.resume(returning: nil) }
    }

    /// Claims what may go now, in places that are free; one is left for a request that comes meanwhile.
    private func look() async throws -> ClaimRound {
        guard desk.free > 0, let wait = try await queue.nextReady() else { return ClaimRound() }
        guard wait <= .zero else { return ClaimRound(pause: wait) }
        let places = desk.reserve(upTo: max(1, desk.free - 1))
        guard places > 0 else { return ClaimRound() }
        do {
            let round = try await queue.claim(upTo: places)
            desk.giveBack(places - round.claims.count)
            return round
        } catch {
            desk.giveBack(places)
            throw error
        }
    }

    private func start(
        _ claim: Claim, _ answer: CheckedContinuation<Message?, Never>?, _ group: inout DiscardingTaskGroup
    ) {
        desk.hold(claim)
        let answer = Once(answer)
        group.addTask {
            let message = await deliver(claim) { answer.resume(nil) }
            answer.resume(message)
            desk.drop(claim)
            desk.release(1)
        }
    }

    private func probe() async {
        do {
            guard try await queue.limiter({ $0.beginProbe(timeout: probeTimeout, now: $1) }) else { return }
            let fault = await api.probe()
            try await queue.limiter { $0.endProbe(fault, now: $1) }
            if let fault {
                logger.error("The Bot API is not usable", metadata: [LogKey.reason: "\(fault)"])
            } else {
                logger.info("The Bot API answers; sending goes on")
            }
        } catch {
            logger.warning("A probe's outcome cannot be written", metadata: ["error": "\(error)"])
        }
        desk.ring()
    }
}
