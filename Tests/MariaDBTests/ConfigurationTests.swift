import MariaDB
import Testing

@Suite("The URL of a MariaDB server")
struct ConfigurationTests {
    @Test("has its parts percent-decoded")
    func parts() throws {
        let configuration = try MariaDBConfiguration(
            url: "mariadb://us%40er:p%2Fw@db.example:3307/mypage?sslmode=require")
        #expect(configuration.user == "us@er")
        #expect(configuration.host == "db.example")
        #expect(configuration.port == 3307)
        #expect(configuration.database == "mypage")
        #expect(configuration.encryption == .require)
        #expect(configuration.address == "db.example:3307/mypage")
    }

    @Test("needs neither a port nor a password, and may be an IPv6 address")
    func defaults() throws {
        #expect(try MariaDBConfiguration(url: "mariadb://mypage@db/mypage").port == 3306)
        let configuration = try MariaDBConfiguration(url: "mariadb://mypage@[::1]:3306/mypage")
        #expect(configuration.host == "::1")
        #expect(configuration.address == "[::1]:3306/mypage")
    }

    @Test(
        "is refused with what is wrong with it",
        arguments: [
            ("postgres://a:secret@b/c", "does not begin with mariadb://"),
            ("mariadb://a:secret@/c", "the host is missing"),
            ("mariadb://b:3306/c", "the user is missing"),
            ("mariadb://a:secret@b:99999/c", "the port is out of range"),
            ("mariadb://a:secret@b/c/d", "slash"),
            ("mariadb://a:secret@b/c?sslmode=maybe", "sslmode"),
            ("mariadb://a:secret@b/c?charset=latin1", "the only parameters"),
            ("://", "URL"),
        ])
    func refusals(url: String, fault: String) throws {
        let error = try #require(throws: MariaDBError.self) { try MariaDBConfiguration(url: url) }
        #expect(error.code == .configuration)
        #expect(error.description.contains(fault))
        #expect(!error.debugDescription.contains("secret"))
    }

    @Test("shows its password nowhere")
    func password() throws {
        let configuration = try MariaDBConfiguration(url: "mariadb://user:secret@db/mypage")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("secret"))
    }
}
