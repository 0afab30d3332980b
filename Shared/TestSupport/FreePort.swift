import Foundation

/// Ports of 127.0.0.1 that nobody uses.
public enum FreePort {
    /// A port that is kept for whoever is told of it, as long as this process lives.
    ///
    /// The socket that holds it does not listen, and allows others to bind the port as servers do it, with
    /// `SO_REUSEADDR`; the system gives it neither to another search for a free port nor to an outgoing connection.
    public static func any() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) | getsockname(descriptor, generic, &length)
            }
        }
        var yes: Int32 = 1
        let shared = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard code == 0, shared == 0 else {
            close(descriptor)
            throw TestFailure("no free port")
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
