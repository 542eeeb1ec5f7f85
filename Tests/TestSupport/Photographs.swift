internal import Foundation

/// Photos for tests, made from nothing, and what hides in photos.
package enum Photographs {
    /// The program that decodes photos, beside this test bundle.
    package static let worker = Stack.builtExecutables.appending(path: "sasando-media").path

    /// A folder for photos, of this process alone.
    package static let folder: String = {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-photos-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }()

    // MARK: PNG (W3C PNG, sections 5, 10 and 11)

    /// A picture by the colour of each pixel.
    ///
    /// - Parameter chunks: more chunks, before the pixels.
    package static func png(
        _ width: Int, _ height: Int, chunks: [UInt8] = [],
        colour: (Int, Int) -> (UInt8, UInt8, UInt8) = { x, y in (UInt8(x & 255), UInt8(y & 255), 128) }
    ) -> [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity((width * 3 + 1) * height)
        for y in 0..<height {
            rows.append(0)
            for x in 0..<width {
                let (red, green, blue) = colour(x, y)
                rows += [red, green, blue]
            }
        }
        var data: [UInt8] = [0x78, 0x01]
        // Deflate without compression (RFC 1951, section 3.2.4).
        for start in stride(from: 0, to: rows.count, by: 65_535) {
            let block = rows[start..<min(start + 65_535, rows.count)]
            data.append(start + 65_535 >= rows.count ? 1 : 0)
            data += [UInt8(block.count & 255), UInt8(block.count >> 8)]
            data += [UInt8(~block.count & 255), UInt8(~block.count >> 8 & 255)]
            data += block
        }
        data += number(Int(adler(rows)))
        return file(width, height, depth: 8, colourType: 2, chunks: chunks, data)
    }

    /// 50,000 x 50,000 pixels in two megabytes.
    package static let hugeBomb = bomb(50_000, 50_000)

    /// A black picture of so many pixels in few bytes: what a decompression bomb is.
    package static func bomb(_ width: Int, _ height: Int) -> [UInt8] {
        let count = (width / 8 + 1) * height
        var bits = Bits()
        bits.add(1, 1)
        // Fixed codes (RFC 1951, section 3.2.6): one zero, then 258 more of the byte before, again and again.
        bits.add(1, 2)
        bits.addCode(0x30, 8)
        for _ in 0..<(count - 1) / 258 {
            bits.addCode(0xC5, 8)
            bits.addCode(0, 5)
        }
        for _ in 0..<(count - 1) % 258 { bits.addCode(0x30, 8) }
        bits.addCode(0, 7)
        bits.flush()
        // The sum of zeros: its first half stays 1, its second counts them.
        let sum = (count % 65_521) << 16 | 1
        return file(width, height, depth: 1, colourType: 0, chunks: [], [0x78, 0x01] + bits.bytes + number(sum))
    }

    private static func file(
        _ width: Int, _ height: Int, depth: UInt8, colourType: UInt8, chunks: [UInt8], _ data: [UInt8]
    ) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", number(width) + number(height) + [depth, colourType, 0, 0, 0]) + chunks
            + chunk("IDAT", data) + chunk("IEND", [])
    }

    package static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + data
        return number(data.count) + named + number(Int(crc(named)))
    }

    // MARK: The other formats

    /// 64 x 48 pixels, without any metadata.
    package static let jpeg = Array(
        Data(
            base64Encoded: """
                /9j/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/\
                wAALCAAwAEABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAABAcG/8QAFRABAQAAAAAAAAAAAAAAAAAAAAP/2gAIAQEAAD8Azsyp\
                kzKmTMqZMypp5MqZMypkzKmTMqaeTKmTMqZMypkzKmnkypkzKmTMqZMypp5MqZMypkzKmTMqaeTKmTMqZMypkzKm/9k=
                """)!)

    /// 64 x 48 pixels.
    package static let webp = Array(
        Data(
            base64Encoded: """
                UklGRjABAABXRUJQVlA4WAoAAAAIAAAAPwAALwAAVlA4IFAAAADQBACdASpAADAAPw1uq1O/pqQiuqgD8CGJaQAAxWodSxAd\
                RFT0S5nwvdTwWwMBAAD+7rf3q3vgc6NqN74GCm1G97nBfSCGJFQAWrvXIAAAAEVYSUa6AAAARXhpZgAASUkqAAgAAAAGABIB\
                AwABAAAAAQAAABoBBQABAAAAVgAAABsBBQABAAAAXgAAACgBAwABAAAAAgAAABMCAwABAAAAAQAAAGmHBAABAAAAZgAAAAAA\
                AAA4YwAA6AMAADhjAADoAwAABgAAkAcABAAAADAyMTABkQcABAAAAAECAwAAoAcABAAAADAxMDABoAMAAQAAAP//AAACoAQA\
                AQAAAEAAAAADoAQAAQAAADAAAAAAAAAA
                """)!)

    /// 64 x 48 pixels, HEVC.
    package static let heic = Array(
        Data(
            base64Encoded: """
                AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA\
                AAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAAEAAMAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHRAAEAAAAAAAAAGwACAAEA\
                AAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAA\
                AADYaXBycAAAALZpcGNvAAAAdmh2Y0MBA3AAAAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAe\
                ugJAIQABACpCAQEDcAAAAwCQAAADAAADAB6gIIEFlurkprm4EBAwIAAAAwAgAAADACEiAAEABkQBwXPAiQAAABRpc3BlAAAA\
                AAAAAEAAAABAAAAAFGlzcGUAAAAAAAAAQAAAADAAAAAQcGl4aQAAAAADCAgIAAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QA\
                AAAaaXJlZgAAAAAAAAAOZGltZwACAAEAAQAAACNtZGF0AAAAFygBrwtg9RDuRNYCp8XikhqCnRGWeSnc
                """)!)

    // MARK: What cameras write into a photo

    /// Words that stand in metadata; none of them may stand in what is kept.
    package static let traces = [
        "Exif", "http://ns.adobe.com/xap", "xmpmeta", "ICC_PROFILE", "SASANDO-CAMERA", "SASANDO-COMMENT", "acsp",
        "Photoshop", "S\u{0}\u{0}\u{0}", "2026:11:24",
    ]

    /// A JPEG with all that a phone writes into one: where it was taken, by which camera and when, XMP, a colour
    /// profile, a maker's block and a comment; and the camera lying on its side.
    package static func withMetadata(_ jpeg: [UInt8]) -> [UInt8] {
        let exif = Array("Exif\u{0}\u{0}".utf8) + tiff
        let xmp = Array("http://ns.adobe.com/xap/1.0/\u{0}<x:xmpmeta xmlns:x='adobe:ns:meta/'/>".utf8)
        let profile = Array("ICC_PROFILE\u{0}\u{1}\u{1}".utf8) + [UInt8](repeating: 0, count: 36) + Array("acsp".utf8)
        let maker = Array("Photoshop 3.0\u{0}8BIM".utf8)
        let comment = Array("SASANDO-COMMENT".utf8)
        let segments = segment(0xE1, exif) + segment(0xE1, xmp) + segment(0xE2, profile) + segment(0xED, maker)
        return Array(jpeg.prefix(2)) + segments + segment(0xFE, comment) + jpeg.dropFirst(2)
    }

    private static func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count + 2
        return [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + content
    }

    /// Orientation 6 (to be turned right), the camera's name, a time, and GPS: 10° 8′ 54″ S (TIFF 6.0, section 2; Exif
    /// 2.32, section 4.6).
    private static var tiff: [UInt8] {
        func entry(_ tag: Int, _ type: Int, _ count: Int, _ value: [UInt8]) -> [UInt8] {
            short(tag) + short(type) + number(count) + value
        }
        let (camera, time) = (Array("SASANDO-CAMERA\u{0}".utf8), Array("2026:11:24 09:05:00\u{0}".utf8))
        let afterMain = 8 + 2 + 4 * 12 + 4
        let (cameraAt, timeAt) = (afterMain, afterMain + camera.count)
        let gpsAt = timeAt + time.count
        let degreesAt = gpsAt + 2 + 2 * 12 + 4
        let main =
            short(4) + entry(0x0110, 2, camera.count, number(cameraAt)) + entry(0x0112, 3, 1, short(6) + [0, 0])
            + entry(0x0132, 2, time.count, number(timeAt)) + entry(0x8825, 4, 1, number(gpsAt)) + number(0)
        let gps =
            short(2) + entry(1, 2, 2, Array("S\u{0}\u{0}\u{0}".utf8)) + entry(2, 5, 3, number(degreesAt)) + number(0)
        let degrees = [10, 1, 8, 1, 54, 1].flatMap(number)
        return Array("MM\u{0}*".utf8) + number(8) + main + camera + time + gps + degrees
    }

    // MARK: Numbers

    package static func number(_ number: Int) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private static func short(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 255), UInt8(number & 255)] }

    private static let table: [UInt32] = (0..<256).map { start in
        (0..<8).reduce(UInt32(start)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1 }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in table[Int((sum ^ UInt32(byte)) & 255)] ^ sum >> 8 }
    }

    private static func adler(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }

    /// Bits from the lowest up, as deflate packs them.
    private struct Bits {
        private(set) var bytes: [UInt8] = []
        private var held: UInt32 = 0
        private var count = 0

        mutating func add(_ value: UInt32, _ width: Int) {
            held |= value << count
            count += width
            while count >= 8 {
                bytes.append(UInt8(held & 255))
                held >>= 8
                count -= 8
            }
        }

        /// A Huffman code, whose highest bit comes first.
        mutating func addCode(_ code: UInt32, _ width: Int) {
            add((0..<width).reduce(0) { $0 | (code >> $1 & 1) << (width - 1 - $1) }, width)
        }

        mutating func flush() { if count > 0 { add(0, 8 - count) } }
    }
}
