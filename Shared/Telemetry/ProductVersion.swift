/// The product's version, as `--version`, logs and the header `User-Agent` of our calls tell it.
package enum ProductVersion {
    package static let current = "0.1.0"
}
