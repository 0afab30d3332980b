import Contracts
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Nobody's chat is linked to a customer but by that customer's own code, once and in time.
    @Suite struct LinkCodeTests {
        private struct Code: Decodable {
            let code: String
            let expiresAt: Timestamp
        }

        @Test(.timeLimit(.minutes(5)))
        func `another's, a used, an expired and a forged code link nothing`() async throws {
            try await GuardedSuite.with(["LINK_CODE_LIFETIME": "10s"]) { guarded in
                let (ann, bob) = (try await guarded.customer(11), try await guarded.customer(22))
                // Another's: only the customer can have it made, and nothing of the chat is shown or changed.
                for (method, path) in [("POST", "/chats/11/code"), ("GET", "/chats/11")] {
                    #expect(try await bob.send(method, "telegram", path).status == 403)
                }
                #expect(try await bob.send("PUT", "telegram", "/chats/11", #"{"chatId": 66}"#).status == 403)
                let late = try await code(ann, 11)
                for forged in Self.forgeries(of: try await code(ann, 11).code) {
                    #expect(try await !start(guarded, forged, chat: 66), "\(forged)")
                }
                #expect(try await chat(of: ann, 11) == nil)
                // Made now: ten seconds may have passed since the others were.
                let good = try await code(ann, 11).code
                #expect(try await start(guarded, good, chat: 55))
                // Used: whoever has seen it takes the chat from nobody.
                #expect(try await !start(guarded, good, chat: 66))
                #expect(try await chat(of: ann, 11) == 55)
                // A code that ends is used after its end.
                let bobs = try await code(bob, 22)
                #expect(await eventually { Timestamp.now > max(late.expiresAt, bobs.expiresAt) })
                #expect(try await !start(guarded, late.code, chat: 66))
                #expect(try await !start(guarded, bobs.code, chat: 66))
                #expect(try await chat(of: ann, 11) == 55)
                #expect(try await chat(of: bob, 22) == nil)
            }
        }

        private func code(_ person: Person, _ customer: Int) async throws -> Code {
            let answer = try await person.send("POST", "telegram", "/chats/\(customer)/code")
            #expect(answer.status == 201)
            return try answer.decode(Code.self)
        }

        /// Sends `/start` as Telegram would; whether that linked the chat.
        private func start(_ guarded: GuardedSuite, _ code: String, chat: Int) async throws -> Bool {
            let update = """
                {"update_id":1,"message":{"message_id":1,"chat":{"id":\(chat),"type":"private"},"text":"/start \(code)"}}
                """
            let answer = try await guarded.suite.http.post(
                "\(guarded.suite["telegram"].url)/telegrams/webhook", update,
                headers: ["X-Telegram-Bot-Api-Secret-Token": "webhook-secret"])
            #expect(answer.status == 200)
            return answer.text.contains(#""linked":true"#)
        }

        private func chat(of person: Person, _ customer: Int) async throws -> Int64? {
            struct Chat: Decodable { let chatId: Int64? }
            let answer = try await person.get("telegram", "/chats/\(customer)")
            return answer.status == 404 ? nil : try answer.decode(Chat.self).chatId
        }

        /// The code with each of its characters changed in turn, cut, and made up.
        private static func forgeries(of code: String) -> [String] {
            let characters = Array(code)
            let changed = characters.indices.map { index in
                var copy = characters
                copy[index] = copy[index] == "A" ? "B" : "A"
                return String(copy)
            }
            return changed + [String(code.dropLast()), String(characters.reversed()), "11", "forged"]
        }
    }
}
