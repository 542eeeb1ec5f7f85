extension ImageFault {
    /// What a request is told that brought such a file.
    package var code: FaultCode {
        switch self {
        case .unknownFormat: .unknownImageFormat
        case .truncated: .imageTruncated
        case .somethingElseToo: .imageWithSomethingElse
        case .tooManyPixels: .imageTooLarge
        case .damaged: .imageDamaged
        case .tooSlow: .imageTooSlow
        }
    }
}

extension FaultCode {
    /// What is wrong with a photo, and what to do.
    var photoText: LocalizedText {
        switch self {
        case .unknownImageFormat:
            LocalizedText(
                id: "Berkas ini bukan foto JPEG, PNG, WebP, atau HEIC. Pilih foto lain.",
                en: "This file is no JPEG, PNG, WebP or HEIC photo. Choose another.")
        case .imageTruncated:
            LocalizedText(
                id: "Foto ini tidak lengkap. Kirim sekali lagi.", en: "This photo is cut short. Send it again.")
        case .imageWithSomethingElse:
            LocalizedText(
                id: "Di dalam foto ini ada berkas lain. Ambil foto baru, lalu kirim itu.",
                en: "There is another file inside this photo. Take a new photo and send that.")
        case .imageTooLarge:
            LocalizedText(
                id: "Foto ini terlalu besar. Kirim dengan ukuran yang lebih kecil.",
                en: "This photo has too many pixels. Send it in a smaller size.")
        case .imageDamaged:
            LocalizedText(
                id: "Foto ini rusak dan tidak bisa dibuka. Pilih foto lain.",
                en: "This photo is damaged and cannot be opened. Choose another.")
        case .imageTooSlow:
            LocalizedText(
                id: "Foto ini terlalu lama dibuka. Pilih foto lain.",
                en: "This photo takes too long to open. Choose another.")
        default:
            LocalizedText(
                id: "Foto ini lebih dari % MB. Kirim yang lebih kecil.",
                en: "This photo is larger than % MB. Send a smaller one.")
        }
    }
}
