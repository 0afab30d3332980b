import Contracts
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import TelegramService

/// The whole service over HTTP, with a real database and a Bot API on a socket; without a broker.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct ServiceTests {
    struct Running: Sendable {
        let url: String
        let bot: BotServer
        let store: TestStore
        let http = TestHTTP()

        func post(_ path: String, _ json: String, _ headers: [String: String] = [:]) async throws -> TestHTTP.Answer {
            try await http.post(url + path, json, headers: headers)
        }
        func get(_ path: String) async throws -> TestHTTP.Answer { try await http.get(url + path) }
        func link(_ customer: Int, _ chat: Int) async throws {
            let answer = try await http.send("PUT", "\(url)/chats/\(customer)", #"{"chatId":\#(chat)}"#)
            #expect(answer.status == 200)
        }
    }

    struct Body: Decodable, Equatable {
        let id: Int64
        let version: Int64
        let key: String
        let status: MessageStatus
        let reason: String?
    }

    private func with(_ changes: [String: String] = [:], _ body: (Running) async throws -> Void) async throws {
        try await TestStore.with { store in
            let bot = try BotServer()
            var environment = ConfigurationTests.environment.merging([
                "DATABASE_URL": store.url, "HTTP_PORT": "0", "TELEGRAM_API_URL": "http://127.0.0.1:\(bot.port)",
                "TELEGRAM_WEBHOOK_SECRET": "hook", "TELEGRAM_CHAT_RATE_PER_SECOND": "1000",
                "TELEGRAM_RATE_PER_SECOND": "1000", "SEND_TIMEOUT": "30s", "SHUTDOWN_DRAIN": "0s",
            ]) { $1 }
            environment.merge(changes) { $1 }
            var settings = SettingsReader(environment: environment)
            let application = try ServiceApplication(
                TelegramService.self, configuration: try TelegramConfiguration(&settings),
                logger: TestDatabase.quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bot.run() }
                group.addTask { try await application.run() }
                let outcome: Result<Void, any Error>
                do {
                    let port = try #require(await application.port())
                    let running = Running(url: "http://127.0.0.1:\(port)", bot: bot, store: store)
                    try await soon { try await running.get("/readyz").status == 200 }
                    outcome = .success(try await body(running))
                } catch {
                    outcome = .failure(error)
                }
                application.shutDown(drain: .zero)
                // The Bot API of the test goes last.
                try? await Task.sleep(for: .milliseconds(50))
                group.cancelAll()
                try? await group.waitForAll()
                try outcome.get()
            }
        }
    }

    @Test func `a message is sent at once, once for its key, and can be read`() async throws {
        try await with { service in
            try await service.link(5, 55)
            let json = #"{"key":"k1","customerId":5,"text":"gift 17 is yours","giftId":17,"missionId":3}"#
            let first = try await service.post("/telegrams", json)
            let message = try first.decode(Body.self)
            #expect(first.status == 201 && message.status == .sent && message.version == 2)
            #expect(first[header: "location"] == "/telegrams/\(message.id)")
            #expect(first[header: "consistency-token"] == "telegram/\(message.id)@2")
            let second = try await service.post("/telegrams", json)
            #expect(try second.decode(Body.self) == message && second.status == 200)
            #expect(service.bot.texts == ["gift 17 is yours"])
            #expect(try await service.get("/telegrams/\(message.id)").decode(Body.self) == message)
            #expect(try await service.get("/telegrams/999").status == 404)
            for query in ["key=k1", "giftId=17&status=Sent", "missionId=3", "customerId=5&limit=1"] {
                let list = try await service.get("/telegrams?\(query)")
                #expect(list.text.contains(#""key":"k1""#) && list.text.contains(#""next":null"#))
            }
            #expect(try await service.get("/telegrams?color=red").status == 400)
        }
    }

    @Test func `an Idempotency-Key gives the first answer again`() async throws {
        try await with { service in
            try await service.link(5, 55)
            let key = ["Idempotency-Key": "once"]
            let json = #"{"key":"k1","customerId":5,"text":"gift 1"}"#
            let first = try await service.post("/telegrams", json, key)
            let again = try await service.post("/telegrams", json, key)
            #expect(first.status == 201 && again.status == 201 && first.body == again.body)
            let other = try await service.post("/telegrams", #"{"key":"k2","customerId":5,"text":"gift 1"}"#, key)
            #expect(other.status == 422 && other.text.contains("idempotency-key-reused"))
            let code = try await service.http.send("POST", "\(service.url)/chats/5/code", nil, headers: key)
            let same = try await service.http.send("POST", "\(service.url)/chats/5/code", nil, headers: key)
            #expect(code.status == 201 && code.body == same.body)
            #expect(service.bot.texts == ["gift 1"])
        }
    }

    @Test func `requests that are wrong say what to change`() async throws {
        try await with { service in
            for (json, slug) in [
                (#"{"key":"k","customerId":5,"text":"x","color":1}"#, "unknown-field"),
                (#"{"key":"k","customerId":5}"#, "missing-field"),
                (#"{"key":"k","customerId":5,"text":"  "}"#, "invalid-field"),
                (#"{"key":"","customerId":5,"text":"x"}"#, "invalid-field"),
                (#"{"key":"k","customerId":-5,"text":"x"}"#, "invalid-field"),
                (#"{"key":"k","customerId":99999999999999999999,"text":"x"}"#, "invalid-field"),
            ] {
                let answer = try await service.post("/telegrams", json)
                #expect(answer.status == 422 && answer.text.contains(slug))
                #expect(answer[header: "content-type"] == "application/problem+json")
            }
            #expect(try await service.post("/telegrams", "{").status == 400)
            let put = try await service.http.send("PUT", "\(service.url)/chats/5", #"{"chatId":0}"#)
            #expect(put.status == 422)
            #expect(try await service.http.send("DELETE", "\(service.url)/telegrams", nil).status == 405)
            #expect(try await service.http.send("DELETE", "\(service.url)/chats/5", nil).status == 404)
        }
    }

    @Test func `the webhook links a chat with a code, and what waited goes out`() async throws {
        try await with { service in
            let waiting = try await service.post("/telegrams", #"{"key":"k1","customerId":5,"text":"gift 1"}"#)
            #expect(try waiting.decode(Body.self).status == .unlinked && waiting.status == 201)
            let code = try await service.http.send("POST", "\(service.url)/chats/5/code", nil)
            let text = try #require(code.text.split(separator: #""code":""#).last?.split(separator: "\"").first)
            let update = """
                {"update_id":1,"message":{"message_id":1,"chat":{"id":55,"type":"private"},"text":"/start \(text)"}}
                """
            let path = "/telegrams/webhook"
            #expect(try await service.post(path, update).status == 401)
            let wrong = ["X-Telegram-Bot-Api-Secret-Token": "hooK"]
            #expect(try await service.post(path, update, wrong).status == 401)
            let right = ["X-Telegram-Bot-Api-Secret-Token": "hook"]
            let linked = try await service.post(path, update, right)
            #expect(linked.status == 200 && linked.text.contains(#""linked":true"#))
            try await soon { service.bot.texts == ["gift 1"] }
            #expect(try await service.get("/chats/5").text.contains(#""chatId":55"#))
            for other in [#"{"update_id":2,"poll":{}}"#, "{}", #"{"message":{"text":"/start x","chat":{"id":9}}}"#] {
                let answer = try await service.post(path, other, right)
                #expect(answer.status == 200 && answer.text.contains(#""linked":false"#))
            }
        }
    }

    @Test func `a refused token keeps the messages, says so, and is shown nowhere`() async throws {
        try await with { service in
            try await service.link(5, 55)
            let refusal = #"{"ok":false,"description":"Unauthorized /bot1:secret_TOKEN-x/"}"#
            service.bot.reply(.init(status: 401, body: refusal))
            let answer = try await service.post("/telegrams", #"{"key":"k1","customerId":5,"text":"gift 1"}"#)
            #expect(answer.status == 202)
            try await soon { try await service.get("/readyz").text.contains("Unauthorized") }
            let ready = try await service.get("/readyz")
            #expect(ready.status == 200)
            service.bot.reply(.init())
            try await soon { service.bot.texts == ["gift 1"] }
            let metrics = try await service.get("/metrics").text
            #expect(metrics.contains("telegram_messages_total") && metrics.contains("telegram_send_seconds"))
            for text in [ready.text, metrics, answer.text] { #expect(!text.contains("secret_TOKEN")) }
            #expect(service.bot.paths.allSatisfy { $0.contains(BotServer.token) })
        }
    }

    @Test func `an answer that does not come in time makes the message uncertain, once`() async throws {
        try await with(["SEND_TIMEOUT": "2s"]) { service in
            try await service.link(5, 55)
            service.bot.reply(.init(delay: .seconds(10)))
            let answer = try await service.post("/telegrams", #"{"key":"k1","customerId":5,"text":"gift 1"}"#)
            #expect(try answer.decode(Body.self).status == .uncertain && answer.status == 201)
            service.bot.reply(.init())
            let next = try await service.post("/telegrams", #"{"key":"k2","customerId":5,"text":"gift 2"}"#)
            #expect(next.status < 300)
            try await soon { service.bot.texts.count == 2 }
            #expect(service.bot.texts == ["gift 1", "gift 2"])
        }
    }
}
