import Logging
import Metrics
import ServiceLifecycle

/// Keeps this replica an owner: prolongs its lease, hears what it is told, and begins anew when it was fenced out.
struct LeaseKeeper: Service, CustomStringConvertible {
    let session: any LeaseSession
    let lease: Lease
    let desk: LaneDesk
    let care: GroupCare
    let name: String
    let duration: Duration
    let logger: Logger

    var description: String { "LeaseKeeper" }

    func run() async throws {
        await withGracefulShutdownHandler {
            while !isStopping {
                do {
                    try await own()
                } catch {
                    logger.info("the lease's session was interrupted", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .milliseconds(.random(in: 50...150)))
                }
            }
        } onGracefulShutdown: {
            session.interrupt()
        }
        if let owner = lease.owner {
            lease.lost()
            await care.retire(owner)
        }
        desk.dropAll()
        await session.close()
    }

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    /// As long as the session holds and nobody fences this owner out.
    private func own() async throws {
        let owner = try await currentOwner()
        let interval = duration / 20
        while !isStopping {
            let begin = ContinuousClock.now
            guard try await session.renew(owner, lease: duration) else {
                logger.warning("fenced out: the lease had run out", metadata: ["bypass.owner": "\(owner)"])
                Counter(label: "bypass_leases_lost_total").increment()
                lease.lost()
                desk.dropAll()
                return
            }
            lease.held(by: owner, until: begin + duration)
            let next = begin + interval
            while !isStopping, ContinuousClock.now < next {
                hear(try await session.signals(owner, timeout: ContinuousClock.now.duration(to: next)))
            }
        }
    }

    private func currentOwner() async throws -> Int64 {
        if let owner = lease.owner { return owner }
        let begin = ContinuousClock.now
        let owner = try await session.register(name: name, lease: duration)
        lease.held(by: owner, until: begin + duration)
        logger.info("this replica is an owner", metadata: ["bypass.owner": "\(owner)"])
        return owner
    }

    private func hear(_ signals: [OwnerSignal]) {
        for signal in signals {
            switch signal {
            case .messages(let groups): desk.signal(groups)
            case .control(let groups): desk.controlChanged(groups)
            case .free: care.lookForFree()
            case .interrupted: care.lookAtAll()
            }
        }
    }
}
