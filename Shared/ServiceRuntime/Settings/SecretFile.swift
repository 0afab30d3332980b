import Foundation

/// Secrets that are mounted as files, as Kubernetes and Docker do.
enum SecretFile {
    private static let limit = 1 << 20

    /// The file's text without the line end behind it.
    ///
    /// - Errors: ``SettingFault``, which never quotes the text.
    static func read(_ path: String) throws(SettingFault) -> String {
        guard let file = fopen(path, "r") else { throw fault(errno) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw fault(errno) }
        guard count <= limit else { throw SettingFault("names a file of more than 1 MiB") }
        guard var text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw SettingFault("names a file that is not UTF-8 text")
        }
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else { throw SettingFault("names a file that is empty") }
        return text
    }

    private static func fault(_ code: Int32) -> SettingFault {
        SettingFault("names a file that cannot be read: \(String(cString: strerror(code)))")
    }
}
