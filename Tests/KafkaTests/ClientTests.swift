import Testing

@testable import Kafka

@Suite("Clients' small parts")
struct ClientTests {
    @Test("A token carries batch and index through a pointer")
    func token() throws {
        for (batch, index) in [(1, 0), (7, 1999), (1 << 40, DeliveryToken.maxRecords - 1)] as [(UInt, Int)] {
            let token = try #require(DeliveryToken(DeliveryToken(batch: batch, index: index).opaque))
            #expect(token.batch == batch)
            #expect(token.index == index)
        }
        #expect(DeliveryToken(nil) == nil)
    }

    @Test("A storm of lines passes once in an interval, with the count of the others")
    func throttle() {
        var throttle = LogThrottle(interval: .seconds(5))
        let start = ContinuousClock.now
        #expect(throttle.admit(now: start) == 0)
        #expect(throttle.admit(now: start + .seconds(1)) == nil)
        #expect(throttle.admit(now: start + .seconds(2)) == nil)
        #expect(throttle.admit(now: start + .seconds(5)) == 2)
    }

    @Test("A broker is asked for when nothing was heard of it, at once after a loss, and often while it is away")
    func liveness() {
        let start = ContinuousClock.now
        var liveness = Liveness(now: start)
        #expect(!liveness.isConnected)
        #expect(liveness.isQuestionDue(now: start))
        liveness.sign(now: start)
        #expect(liveness.isConnected)
        #expect(!liveness.isQuestionDue(now: start + .seconds(9)))
        #expect(liveness.isQuestionDue(now: start + .seconds(10)))
        liveness.expect(now: start)
        #expect(liveness.isQuestionDue(now: start + .seconds(1)))
        liveness.sign(now: start)
        liveness.doubt(now: start)
        #expect(liveness.isConnected)
        #expect(liveness.isQuestionDue(now: start))
        liveness.answered(false, now: start)
        #expect(!liveness.isConnected)
        #expect(!liveness.isQuestionDue(now: start))
        #expect(liveness.isQuestionDue(now: start + .seconds(1)))
    }

    @Test("A property that does not exist, or cannot have its value, is named")
    func properties() throws {
        #expect(throws: KafkaError(.configuration, detail: #"No such configuration property: "no.such""#)) {
            try KafkaConfiguration(brokers: "h:1", clientID: "c", properties: ["no.such": "1"])
        }
        let error = #expect(throws: KafkaError.self) {
            try KafkaConfiguration(brokers: "h:1", clientID: "c", properties: ["socket.timeout.ms": "soon"])
        }
        #expect(error?.description.contains("socket.timeout.ms") == true)
        #expect(error?.isRetriable == false)
    }

    @Test("A secret's value is not in the error")
    func secrets() throws {
        let properties = ["security.protocol": "ssl", "ssl.key.pem": "hush-hush"]
        let error = #expect(throws: KafkaError.self) { try Bench(properties).producer() }
        #expect(error?.debugDescription.contains("hush-hush") == false)
    }

    @Test("Addresses are host:port", arguments: ["", "h:1,", "h:x", "h:99999", ":9092", "a/b:1", "u:p@h:1"])
    func wrongBrokers(brokers: String) {
        #expect(throws: KafkaError.self) { try KafkaConfiguration(brokers: brokers, clientID: "c") }
    }

    @Test("Addresses may be several, with a protocol, or IPv6", arguments: ["h", "h:1,i:2", "SSL://h:1", "[::1]:9092"])
    func rightBrokers(brokers: String) throws {
        _ = try KafkaConfiguration(brokers: brokers, clientID: "c")
    }

    @Test("Our own properties give way to the given ones")
    func overrides() throws {
        let bench = try Bench(["enable.idempotence": "false", "acks": "1", "linger.ms": "7"])
        defer { bench.close() }
        _ = try bench.producer()
        #expect(throws: KafkaError.self) { try Bench(["acks": "1"]).producer() }
    }
}
