/// The product's version, as `--version`, logs and the `Server` header tell it.
package enum ProductVersion {
    package static let current = "0.1.0"
}
