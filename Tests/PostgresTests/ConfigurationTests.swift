import Testing

@testable import Postgres

struct ConfigurationTests {
    @Test func `a URL is taken apart and its escapes are undone`() throws {
        let configuration = try PostgresConfiguration(
            url: "postgres://re%40ward:p%3Aa%2Fss@db.example:6432/rew%20ard?sslmode=require&connect_timeout=7")
        #expect(configuration.user == "re@ward")
        #expect(configuration.others["password"] == "p:a/ss")
        #expect(configuration.address == "db.example:6432/rew ard")
        #expect(configuration.parameters["sslmode"] == "require")
        #expect(configuration.connectTimeout == .seconds(7))
    }

    @Test func `the port is 5432 by default and an IPv6 address stands in brackets`() throws {
        #expect(try PostgresConfiguration(url: "postgresql://u@[::1]/d").address == "[::1]:5432/d")
    }

    @Test func `limits are sent with the connection`() throws {
        var configuration = try PostgresConfiguration(url: "postgres://u@h/d?options=-c%20work_mem%3D1MB")
        configuration.idleSessionTimeout = .seconds(4)
        configuration.applicationName = "relay"
        let parameters = configuration.parameters
        #expect(
            parameters["options"]
                == "-c TimeZone=UTC -c statement_timeout=15000 -c idle_in_transaction_session_timeout=3000"
                + " -c enable_seqscan=off -c jit=off -c idle_session_timeout=4000 -c work_mem=1MB")
        #expect(parameters["tcp_user_timeout"] == "3000")
        #expect(parameters["application_name"] == "relay")
    }

    @Test(arguments: [
        ("mysql://u:hush@h/d", "does not begin with postgres://"),
        ("", "does not begin with postgres://"),
        ("postgres://h/d", "names no user before the @"),
        ("postgres://u:hush@/d", "names no host"),
        ("postgres://u:hush@h", "names no database after the host"),
        ("postgres://u:hush@h:123456/d", "has a port that is not a number from 1 to 65535"),
        ("postgres://u:hush@h/d?sslmode=maybe", "has an sslmode other than disable, allow"),
        ("postgres://u:hush@h/d?colour=red", "has an unknown parameter colour"),
        ("postgres://u:hush%zz@h/d", "cannot be read"),
        ("postgres://u:hush@h/d?connect_timeout=soon", "connect_timeout is not a number of seconds"),
    ])
    func `a wrong URL is refused without quoting it`(url: String, fault: String) {
        let error = postgresError { try PostgresConfiguration(url: url) }
        #expect(error?.code == .configuration)
        #expect(error?.isRetriable == false)
        #expect(error?.description.contains(fault) == true, "\(String(describing: error))")
        #expect(error?.debugDescription.contains("hush") == false)
    }

    @Test func `no way of printing a configuration shows the password`() throws {
        let configuration = try PostgresConfiguration(url: "postgres://u:hush@h/d")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hush"))
        }
    }
}
