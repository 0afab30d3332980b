import Testing

@testable import HTTPClient

struct AdmissionQueueTests {
    private func start(_ count: Int, of queue: inout AdmissionQueue<Int>) -> [Int] {
        (0..<count).compactMap { _ in queue.next() }
    }

    @Test func `requests to one host start in the order they came, up to its limit`() {
        var queue = AdmissionQueue<Int>(maxActive: 10, maxActivePerHost: 2)
        for id in 1...4 { queue.enqueue(id, host: "a") }
        #expect(start(3, of: &queue) == [1, 2])
        queue.finish(host: "a")
        #expect(start(2, of: &queue) == [3])
        #expect(queue.waiting == 1)
    }

    @Test func `a host that is full does not hold up another`() {
        var queue = AdmissionQueue<Int>(maxActive: 10, maxActivePerHost: 1)
        for id in 1...100 { queue.enqueue(id, host: "slow") }
        queue.enqueue(1000, host: "quick")
        #expect(start(3, of: &queue) == [1, 1000])
    }

    @Test func `hosts take turns when the total is the limit`() {
        var queue = AdmissionQueue<Int>(maxActive: 1, maxActivePerHost: 8)
        for id in 1...3 { queue.enqueue(id, host: "a") }
        for id in 11...13 { queue.enqueue(id, host: "b") }
        var order: [Int] = []
        while let id = queue.next() {
            order.append(id)
            queue.finish(host: id < 10 ? "a" : "b")
        }
        #expect(order == [1, 11, 2, 12, 3, 13])
    }

    @Test func `one that was taken out does not start and leaves its place to the next`() {
        var queue = AdmissionQueue<Int>(maxActive: 1, maxActivePerHost: 1)
        for id in 1...3 { queue.enqueue(id, host: "a") }
        #expect(start(1, of: &queue) == [1])
        let removed = [2, 1].map { queue.remove($0, host: "a") }
        #expect(removed == [true, false])
        queue.finish(host: "a")
        #expect(start(1, of: &queue) == [3])
    }

    @Test func `taking out all that wait leaves nothing to start`() {
        var queue = AdmissionQueue<Int>(maxActive: 1, maxActivePerHost: 1)
        for id in 1...3 { queue.enqueue(id, host: "a\(id)") }
        #expect(start(1, of: &queue) == [1])
        let removed = queue.removeWaiting()
        #expect(Set(removed) == [2, 3])
        queue.finish(host: "a1")
        #expect(start(1, of: &queue).isEmpty && queue.active == 0 && queue.waiting == 0)
        queue.enqueue(4, host: "a2")
        #expect(start(1, of: &queue) == [4])
    }
}
