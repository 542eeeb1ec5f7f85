/// A form with files, as a browser posts it (RFC 7578).
package struct MultipartForm: Sendable {
    private static let boundary = "----sasando-test-9f2c"

    package let bytes: [UInt8]
    package var type: String { "multipart/form-data; boundary=\(Self.boundary)" }

    package init(_ fields: [String: String] = [:], files: [(name: String, bytes: [UInt8])]) {
        var bytes: [UInt8] = []
        func add(_ text: String) { bytes += Array(text.utf8) }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            add("--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n")
        }
        for (name, file) in files {
            let filename = file.isEmpty ? "" : "photo.jpg"
            add("--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"\(filename)\"\r\n")
            add("Content-Type: application/octet-stream\r\n\r\n")
            bytes += file
            add("\r\n")
        }
        add("--\(Self.boundary)--\r\n")
        self.bytes = bytes
    }
}
