import Testing

@testable import Domain

/// Files built from their parts, as the formats' own documents describe them.
@Suite struct ImageFormatTests {
    private static let jpeg: [UInt8] =
        [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xDA, 0, 3, 9, 1, 0xFF, 0, 2, 0xFF, 0xD3, 3, 0xFF, 0xD9]
    private static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", 13) + chunk("IDAT", 7) + chunk("IEND", 0)
    private static let webp: [UInt8] = Array("RIFF".utf8) + [9, 0, 0, 0] + Array("WEBPVP8 x".utf8) + [0]
    private static let heic: [UInt8] =
        box("ftyp", Array("mif1".utf8) + [0, 0, 0, 0] + Array("heic".utf8))
        + box("meta", [1, 2, 3]) + box("mdat", [4, 5, 6])
    private static let all: [(ImageFormat, [UInt8])] = [(.jpeg, jpeg), (.png, png), (.webp, webp), (.heic, heic)]

    private static func number(_ number: Int) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private static func chunk(_ name: String, _ count: Int) -> [UInt8] {
        number(count) + Array(name.utf8) + [UInt8](repeating: 7, count: count + 4)
    }

    private static func box(_ name: String, _ content: [UInt8]) -> [UInt8] {
        number(content.count + 8) + Array(name.utf8) + content
    }

    private func fault(_ bytes: [UInt8]) -> ImageFault? {
        do {
            _ = try ImageFormat.read(bytes)
            return nil
        } catch { return error }
    }

    @Test func `each format is known by its bytes`() throws {
        for (format, bytes) in Self.all { #expect(try ImageFormat.read(bytes) == format) }
    }

    @Test func `a file that ends anywhere before its end is refused`() {
        for (format, bytes) in Self.all {
            for count in 0..<bytes.count {
                // A WebP may lack the byte that makes its length even; it is refused all the same.
                #expect(fault(Array(bytes.prefix(count))) != nil, "\(format) of \(count) bytes")
            }
        }
    }

    @Test(arguments: ["GIF89a", "II*\u{0}", "MM\u{0}*", "<svg xmlns=", "<?xml", "%PDF-1.7", "BM", "MZ", ""])
    func `other kinds are refused, whatever they are called`(beginning: String) {
        #expect(fault(Array(beginning.utf8) + [UInt8](repeating: 0, count: 100)) == .unknownFormat)
    }

    @Test func `what hides behind a photo is refused, what cameras put there is not`() {
        let archive = [0x50, 0x4B, 0x05, 0x06] + [UInt8](repeating: 0, count: 18)
        for (format, bytes) in Self.all {
            #expect(fault(bytes + Array("<script>alert(1)</script>".utf8)) != nil, "\(format)")
            #expect(fault(bytes + archive) != nil, "\(format)")
            #expect(fault(bytes + [0, 0, 0]) == nil, "\(format)")
        }
        #expect(fault(Self.jpeg + Self.jpeg) == nil)
        #expect(fault(Self.jpeg + Self.box("ftyp", [1])) == nil)
        #expect(fault(Self.jpeg + Self.jpeg + archive) == .somethingElseToo)
    }

    @Test func `lengths that no file has are refused, and cost nothing`() {
        let long = Self.box("ftyp", Array("heic".utf8) + [0, 0, 0, 0]) + [0, 0, 0, 1] + Array("mdat".utf8)
        #expect(fault(long + [UInt8](repeating: 0xFF, count: 8)) == .damaged)
        #expect(fault(Array(Self.png.prefix(8)) + [0xFF, 0xFF, 0xFF, 0xFF] + Array("IDAT".utf8)) == .truncated)
        #expect(fault([0xFF, 0xD8, 0xFF, 0xE0, 0, 0]) == .damaged)
        #expect(fault(Array("RIFF".utf8) + [0xFF, 0xFF, 0xFF, 0xFF] + Array("WEBP".utf8)) == .truncated)
    }
}
