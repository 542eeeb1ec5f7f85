internal import CVips
package import Domain

/// Photos through libvips: decoded within bounds, turned upright, made small, and written anew without metadata.
package enum Vips {
    /// The longer side of each size, in pixels.
    package static let webSide = 1_280
    package static let thumbSide = 320
    private static let webQuality: CInt = 78
    private static let thumbQuality: CInt = 72

    /// More is no phone's photo. What a decoder must hold whole in memory may be less.
    package static func mostPixels(_ format: ImageFormat) -> Int {
        switch format {
        case .jpeg, .png: 64_000_000
        case .webp, .heic: 50_000_000
        }
    }

    private static let loaders = [
        "VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadHeif",
    ]

    /// Once, before anything else: bounded memory, only the loaders that are needed, one thread, nothing kept.
    ///
    /// - Parameter memoryBytes: the most that the process may ask the system for.
    /// - Returns: whether that was possible.
    package static func start(memoryBytes: UInt) -> Bool {
        guard sasando_confine(memoryBytes) == 0 else { return false }
        guard unsafe vips_init("sasando-media") == 0 else { return false }
        vips_block_untrusted_set(1)
        unsafe vips_operation_block_set("VipsForeignLoad", 1)
        for loader in loaders { unsafe vips_operation_block_set(loader, 0) }
        vips_concurrency_set(1)
        vips_cache_set_max(0)
        return true
    }

    /// - Parameter bytes: a whole file, of the format that it was found to be.
    package static func shrink(_ bytes: [UInt8], _ format: ImageFormat) throws(ImageFault) -> WorkerFrame.Photo {
        defer { vips_error_clear() }
        try checkPixels(bytes, most: mostPixels(format))
        let web = unsafe try decode(bytes, format)
        defer { unsafe g_object_unref(web) }
        var thumb: UnsafeMutablePointer<VipsImage>?
        guard unsafe sasando_vips_shrink_image(web, CInt(thumbSide), &thumb) == 0, let thumb = unsafe thumb else {
            throw .damaged
        }
        defer { unsafe g_object_unref(thumb) }
        return WorkerFrame.Photo(
            web: unsafe try jpeg(web, webQuality), thumb: unsafe try jpeg(thumb, thumbQuality),
            width: Int(unsafe vips_image_get_width(web)), height: Int(unsafe vips_image_get_height(web)))
    }

    /// The header alone says how many pixels there are; none is decoded before that is known.
    private static func checkPixels(_ bytes: [UInt8], most: Int) throws(ImageFault) {
        let pixels: Int? = unsafe bytes.withUnsafeBytes { bytes in
            guard let image = unsafe sasando_vips_open(bytes.baseAddress, bytes.count) else { return nil }
            defer { unsafe g_object_unref(image) }
            return Int(unsafe vips_image_get_width(image)) * Int(unsafe vips_image_get_height(image))
        }
        guard let pixels, pixels > 0 else { throw .damaged }
        guard pixels <= most else { throw .tooManyPixels }
    }

    /// The web size with its pixels in memory, so that they are decoded once for both sizes.
    private static func decode(
        _ bytes: [UInt8], _ format: ImageFormat
    ) throws(ImageFault) -> UnsafeMutablePointer<VipsImage> {
        let decoded: UnsafeMutablePointer<VipsImage>? = unsafe bytes.withUnsafeBytes { bytes in
            var lazy: UnsafeMutablePointer<VipsImage>?
            guard
                unsafe sasando_vips_shrink(
                    bytes.baseAddress, bytes.count, CInt(webSide), format == .jpeg ? 1 : 0, &lazy) == 0,
                let lazy = unsafe lazy
            else { return nil }
            defer { unsafe g_object_unref(lazy) }
            return unsafe vips_image_copy_memory(lazy)
        }
        guard let decoded = unsafe decoded else { throw .damaged }
        return unsafe decoded
    }

    private static func jpeg(
        _ image: UnsafeMutablePointer<VipsImage>, _ quality: CInt
    ) throws(ImageFault) -> [UInt8] {
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        guard unsafe sasando_vips_jpeg(image, quality, &bytes, &count) == 0, let bytes = unsafe bytes else {
            throw .damaged
        }
        defer { unsafe g_free(bytes) }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
    }
}
