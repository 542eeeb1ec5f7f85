/// The little squares of a QR code, without the quiet border around them.
package struct QRModules: Hashable, Sendable {
    /// Of one side, in modules.
    package let width: Int
    /// Row by row from the top left, `width` times `width`.
    package let isDark: [Bool]

    package init(width: Int, isDark: [Bool]) {
        precondition(isDark.count == width * width, "a QR code is square")
        self.width = width
        self.isDark = isDark
    }
}
