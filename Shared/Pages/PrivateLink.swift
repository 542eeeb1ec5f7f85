package import Domain

/// The address that opens what only the reporter may do, to copy and to take a picture of.
package struct PrivateLink: Sendable {
    /// The whole address of `/k/{reporter_key}`.
    package var address: String
    /// The same as a QR code.
    package var code: QRModules?

    package init(address: String, code: QRModules? = nil) {
        self.address = address
        self.code = code
    }

    /// - Parameter opens: whether a press on it leads there; not where one is already.
    func values(opens: Bool) -> [String: Any] {
        var values: [String: Any] = ["address": address, "opens": opens]
        values["qr"] = code.map { ["side": String($0.width + 2 * Self.border), "path": Self.path(of: $0)] }
        return values
    }

    /// Modules of nothing around the code, without which readers do not find it.
    private static let border = 4

    /// Each run of dark modules in a row is a bar.
    private static func path(of code: QRModules) -> String {
        var path = ""
        for row in 0..<code.width {
            var column = 0
            while column < code.width {
                let start = column
                while column < code.width, code.isDark[row * code.width + column] { column += 1 }
                if column > start {
                    path += "M\(start + border) \(row + border)h\(column - start)v1H\(start + border)z"
                }
                column += 1
            }
        }
        return path
    }
}

/// The offer to be told of a report's news; scripts show it where the browser can.
enum NewsOffer {
    static func values(key: String?, code: String) -> [String: Any]? {
        key.map { ["key": $0, "report": code] }
    }
}
