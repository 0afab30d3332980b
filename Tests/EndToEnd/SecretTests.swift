import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Secrets stay with those who need them, also at LOG_LEVEL=trace and while things go wrong.
    @Suite struct SecretTests {
        @Test(.timeLimit(.minutes(5)))
        func `no secret is in a log, in metrics, in an answer or in the arguments of a process`() async throws {
            let webhookSecret = "hook-0123456789abcdef"
            var settings = Dictionary(uniqueKeysWithValues: GameSuite.services.map { ($0, ["LOG_LEVEL": "trace"]) })
            settings["telegram"]?["TELEGRAM_WEBHOOK_SECRET"] = webhookSecret
            try await withSuite(settings: settings) { suite in
                try await suite.linkChats(1...1)
                _ = try await suite.achieve(customer: 1)
                try await suite.waitForCompleteRows(1, within: .seconds(60))
                let telegram = suite["telegram"]
                var texts = ["wrong secret": try await Self.updateWithWrongSecret(suite)]
                // Where the Bot API is away, the URL that cannot be reached has the token in it.
                suite.sandbox.kill()
                _ = try await suite.achieve(customer: 1)
                #expect(await eventually { telegram.output.contains("could not connect") })
                texts["malformed"] = try await suite.http.post("\(telegram.url)/telegrams", "{").text
                for replica in suite.all {
                    for path in ["/metrics", "/readyz", "/nowhere", "/openapi.yaml"] {
                        texts["\(replica.name) \(path)"] = try await suite.http.get(replica.url + path).text
                    }
                    texts["\(replica.name) log"] = replica.output
                }
                for replica in suite.all + [suite.sandbox] {
                    texts["\(replica.name) arguments"] = Self.arguments(replica)
                }
                try Self.expectNone(
                    of: ["test-token", webhookSecret, "a-secret-of-thirty-two-characters"] + Self.passwords(),
                    in: texts)
                // The logs are at trace: otherwise this would prove little.
                #expect(telegram.output.contains("\"trace\"") || telegram.output.contains("\"debug\""))
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a group's secrets are seen by who asks for the group, and nowhere else`() async throws {
            let sender = "0123456789abcdef-sender"
            let suite = try await BypassSuite(
                replicas: 1, settings: ["LOG_LEVEL": "trace", "SENDER_SECRETS": "*=\(sender)"])
            let outcome: Result<Void, any Error>
            do {
                let replica = suite.replicas[0]
                let signing = "whsec_" + Data("0123456789abcdef0123456789".utf8).base64EncodedString()
                let settings = #"{"callbackUrl": "\#(suite.receiver.url)/hook", "secret": "\#(signing)"}"#
                let put = try await suite.http.send("PUT", "\(replica.url)/queues/g", settings)
                #expect(put.status == 201)
                for (key, status) in [(sender, 202), ("0123456789abcdef-wrong", 401)] {
                    let answer = try await suite.http.post(
                        "\(replica.url)/queues/g/messages", "{}", headers: ["X-Api-Key": key])
                    #expect(answer.status == status)
                }
                let callbacks = "\(suite.receiver.url)/callbacks?group=g"
                #expect(
                    await eventually { (try? await suite.http.get(callbacks))?.text.contains("\"sequence\":1") == true }
                )
                var texts = ["log": replica.output, "arguments": Self.arguments(replica)]
                for path in [
                    "/metrics", "/readyz", "/queues", "/queues/g/state", "/queues/g/messages", "/dead-letters",
                ] {
                    texts[path] = try await suite.http.get(replica.url + path).text
                }
                try Self.expectNone(
                    of: [signing, String(signing.dropFirst(6)), sender, "abcdef-wrong"] + Self.passwords(), in: texts)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await suite.stop()
            try outcome.get()
        }

        private static func updateWithWrongSecret(_ suite: GameSuite) async throws -> String {
            let answer = try await suite.http.post(
                "\(suite["telegram"].url)/telegrams/webhook", "{\"update_id\": 1}",
                headers: ["X-Telegram-Bot-Api-Secret-Token": "not-it"])
            #expect(answer.status == 401)
            return answer.text
        }

        /// The passwords in the stores' URLs.
        private static func passwords() throws -> [String] {
            let urls = [TestEnvironment.postgresURL, TestEnvironment.mariadbURL].compactMap { $0 }
            let passwords = urls.compactMap { URLComponents(string: $0)?.password }
            try #require(passwords.count == 2)
            return passwords + ServiceDatabase.passwords.values
        }

        private static func arguments(_ replica: Replica) -> String {
            guard let pid = replica.child?.pid, let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
            else { return "" }
            return String(decoding: data, as: UTF8.self)
        }

        private static func expectNone(of secrets: [String], in texts: [String: String]) throws {
            for secret in secrets {
                for (place, text) in texts {
                    guard let found = text.firstRange(of: secret) else { continue }
                    let line =
                        text[..<found.lowerBound].split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
                    Issue.record("a secret is in \(place): \(line.prefix(300))…")
                }
            }
        }
    }
}
