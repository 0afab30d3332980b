import Synchronization
import Testing

@testable import ServiceRuntime

@Suite("A readiness check")
struct ReadinessCheckTests {
    @Test("fails when its probe hangs, runs it once at a time, and recovers")
    func hanging() async {
        let gate = Gate<Bool>()
        let runs = Atomic<Int>(0)
        let box = Counter(runs)
        let check = ReadinessCheck(name: "x", decides: true, maxAge: .zero, timeout: .milliseconds(30)) {
            box.value.wrappingAdd(1, ordering: .relaxed)
            _ = await gate.wait()
            return .pass()
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await check.run() }
            for _ in 0..<3 {
                let result = await check.result()
                #expect(result == .fail("no answer within 30ms"))
            }
            #expect(box.value.load(ordering: .relaxed) == 1)
            gate.open()
            while await check.result() != .pass() {}
            check.stop()
        }
        #expect(await check.result() == .fail("the service is stopping"))
    }

    @Test("shares one run among those that ask at once")
    func shared() async {
        let box = Counter(Atomic<Int>(0))
        let check = ReadinessCheck(name: "x", decides: true, maxAge: .seconds(60)) {
            box.value.wrappingAdd(1, ordering: .relaxed)
            return .pass("fine")
        }
        await withTaskGroup(of: CheckResult?.self) { group in
            group.addTask {
                await check.run()
                return nil
            }
            for _ in 0..<50 { group.addTask { await check.result() } }
            var results = 0
            while results < 50, let result = await group.next() {
                #expect(result == .pass("fine"))
                results += 1
            }
            check.stop()
        }
        #expect(box.value.load(ordering: .relaxed) <= 2)
    }
}

private final class Counter: Sendable {
    let value: Atomic<Int>
    init(_ value: consuming Atomic<Int>) { self.value = value }
}
