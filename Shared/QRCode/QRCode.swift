internal import CQRCode
package import Domain

/// Draws text as a QR code (ISO/IEC 18004), by libqrencode.
package enum QRCode {
    /// The smallest code that holds `text` and is still read with 15 % of it gone; nil for what no code holds (some 2,300
    /// bytes).
    package static func modules(of text: String) -> QRModules? {
        let bytes = Array(text.utf8)
        let made = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe QRcode_encodeData(CInt(buffer.count), buffer.baseAddress, 0, QR_ECLEVEL_M)
        }
        guard let code = unsafe made else { return nil }
        defer { unsafe QRcode_free(code) }
        let width = Int(unsafe code.pointee.width)
        // The lowest bit of each byte: black or white.
        let isDark = (0..<width * width).map { unsafe code.pointee.data[$0] & 1 == 1 }
        return QRModules(width: width, isDark: isDark)
    }
}
