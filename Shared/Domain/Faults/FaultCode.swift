/// What can be wrong with a request; the raw value is stable, programs outside rely on it.
package enum FaultCode: String, Hashable, Sendable, CaseIterable {
    // shape
    case required
    case notAnObject = "not_an_object"
    case notAnArray = "not_an_array"
    case notAString = "not_a_string"
    case notANumber = "not_a_number"
    case notABoolean = "not_a_boolean"
    case numberOutOfRange = "number_out_of_range"
    case duplicateMember = "duplicate_member"
    // text
    case blank
    case tooShort = "too_short"
    case tooLong = "too_long"
    case controlCharacter = "control_character"
    case loneSurrogate = "lone_surrogate"
    // what the city knows
    case unknownCategory = "unknown_category"
    case unknownSubtype = "unknown_subtype"
    case subtypeWithoutCategory = "subtype_without_category"
    case unknownArea = "unknown_area"
    case unknownAgency = "unknown_agency"
    case unknownMedia = "unknown_media"
    case unknownVisibility = "unknown_visibility"
    case unknownReason = "unknown_reason"
    case unknownAnswer = "unknown_answer"
    case unknownColumn = "unknown_column"
    case unknownChoice = "unknown_choice"
    // place
    case latitudeOutOfRange = "latitude_out_of_range"
    case longitudeOutOfRange = "longitude_out_of_range"
    case accuracyOutOfRange = "accuracy_out_of_range"
    case outsideCity = "outside_city"
    case noPlace = "no_place"
    case malformedNeighbourhood = "malformed_neighbourhood"
    // time
    case malformedTime = "malformed_time"
    case timeInFuture = "time_in_future"
    case timeTooOld = "time_too_old"
    case timeNotInFuture = "time_not_in_future"
    case timeTooFar = "time_too_far"
    // person
    case consentRequired = "consent_required"
    case unknownConsent = "unknown_consent"
    case malformedPhone = "malformed_phone"
    case malformedEmail = "malformed_email"
    // other
    case ratingOutOfRange = "rating_out_of_range"
    case answerOutOfRange = "answer_out_of_range"
    case malformedReference = "malformed_reference"
    case malformedCursor = "malformed_cursor"
    case tooMany = "too_many"
    case attributesTooDeep = "attributes_too_deep"
    case attributesTooLarge = "attributes_too_large"
    // photos
    case unknownImageFormat = "unknown_image_format"
    case imageTruncated = "image_truncated"
    case imageWithSomethingElse = "image_with_something_else"
    case imageTooLarge = "image_too_large"
    case imageDamaged = "image_damaged"
    case imageTooSlow = "image_too_slow"
    case imageTooManyBytes = "image_too_many_bytes"
    // push
    case malformedAddress = "malformed_address"
    case malformedKey = "malformed_key"
}

extension FaultCode {
    /// What to tell a person; `%` stands for the fault's subject.
    package var text: LocalizedText {
        switch self {
        case .required, .notAnObject, .notAnArray, .notAString, .notANumber, .notABoolean, .numberOutOfRange,
            .duplicateMember:
            shapeText
        case .blank, .tooShort, .tooLong, .controlCharacter, .loneSurrogate: writingText
        case .unknownCategory, .unknownSubtype, .subtypeWithoutCategory, .unknownArea, .unknownAgency, .unknownMedia,
            .unknownVisibility, .unknownReason, .unknownAnswer, .unknownColumn, .unknownChoice:
            knownText
        case .latitudeOutOfRange, .longitudeOutOfRange, .accuracyOutOfRange, .outsideCity, .noPlace,
            .malformedNeighbourhood:
            placeText
        case .unknownImageFormat, .imageTruncated, .imageWithSomethingElse, .imageTooLarge, .imageDamaged,
            .imageTooSlow, .imageTooManyBytes:
            photoText
        case .malformedAddress, .malformedKey: pushText
        default: otherText
        }
    }

    private var shapeText: LocalizedText {
        switch self {
        case .required: LocalizedText(id: "Bagian ini harus diisi.", en: "This is needed.")
        case .notAnObject: LocalizedText(id: "Isi dengan objek JSON {…}.", en: "Give a JSON object {…} here.")
        case .notAnArray: LocalizedText(id: "Isi dengan daftar JSON […].", en: "Give a JSON array […] here.")
        case .notAString: LocalizedText(id: "Isi dengan teks.", en: "Give text here.")
        case .notANumber: LocalizedText(id: "Isi dengan angka.", en: "Give a number here.")
        case .notABoolean: LocalizedText(id: "Isi dengan true atau false.", en: "Give true or false here.")
        case .numberOutOfRange: LocalizedText(id: "Angka ini terlalu besar.", en: "This number is too large.")
        default:
            LocalizedText(
                id: "Bagian “%” tertulis dua kali. Kirim satu saja.", en: "“%” is given twice. Send it once.")
        }
    }

    private var writingText: LocalizedText {
        switch self {
        case .blank:
            LocalizedText(
                id: "Teks ini kosong. Tulis apa yang terjadi.", en: "This text is empty. Write what has happened.")
        case .tooShort: LocalizedText(id: "Tulis sedikitnya % huruf.", en: "Write at least % characters.")
        case .tooLong: LocalizedText(id: "Tulis paling banyak % huruf.", en: "Write at most % characters.")
        case .controlCharacter:
            LocalizedText(
                id: "Teks memuat karakter kendali yang tidak dapat disimpan. Hapus, lalu kirim lagi.",
                en: "The text holds a control character that cannot be kept. Remove it and send again.")
        default:
            LocalizedText(
                id: "Teks memuat huruf yang rusak. Tulis ulang bagian itu.",
                en: "The text holds half a character (a lone surrogate). Write that part again.")
        }
    }

    private var knownText: LocalizedText {
        switch self {
        case .unknownCategory:
            LocalizedText(
                id: "Kategori “%” tidak ada. Pilih dari /v1/categories, atau kosongkan bila tidak tahu.",
                en: "There is no category “%”. Choose one from /v1/categories, or leave it out if you do not know.")
        case .unknownSubtype:
            LocalizedText(
                id: "Jenis “%” tidak ada dalam kategori ini.", en: "This category has no sub-type “%”.")
        case .subtypeWithoutCategory:
            LocalizedText(id: "Pilih kategorinya juga.", en: "Choose the category of this sub-type too.")
        case .unknownArea:
            LocalizedText(
                id: "Kelurahan “%” tidak ada. Pilih dari /v1/areas.", en: "There is no area “%”. See /v1/areas.")
        case .unknownAgency:
            LocalizedText(
                id: "Dinas “%” tidak ada. Lihat /v1/agencies.", en: "There is no agency “%”. See /v1/agencies.")
        case .unknownMedia:
            LocalizedText(
                id: "Berkas ini tidak ditemukan. Unggah lagi.", en: "This file is not known. Upload it again.")
        case .unknownVisibility:
            LocalizedText(id: "Pilih “public” atau “private”.", en: "Choose “public” or “private”.")
        case .unknownColumn:
            LocalizedText(
                id: "Kolom “%” tidak dikenal. Hapus, atau tulis seperti location.lat.",
                en: "There is no column “%”. Leave it out, or name it like location.lat.")
        case .unknownAnswer:
            LocalizedText(id: "Pilih salah satu jawaban: %.", en: "Choose one of these answers: %.")
        case .unknownChoice: LocalizedText(id: "Pilih salah satu: %.", en: "Choose one of these: %.")
        default: LocalizedText(id: "Pilih salah satu alasan: %.", en: "Choose one of these reasons: %.")
        }
    }

    private var placeText: LocalizedText {
        switch self {
        case .latitudeOutOfRange:
            LocalizedText(id: "Lintang harus antara −90 dan 90.", en: "Latitude must lie between −90 and 90.")
        case .longitudeOutOfRange:
            LocalizedText(id: "Bujur harus antara −180 dan 180.", en: "Longitude must lie between −180 and 180.")
        case .accuracyOutOfRange:
            LocalizedText(
                id: "Ketelitian harus 0 meter atau lebih.", en: "The accuracy must be 0 metres or more.")
        case .outsideCity:
            LocalizedText(
                id: "Titik ini di luar %. Geser penanda, atau pilih kelurahan.",
                en: "This point is outside %. Move the pin, or choose a kelurahan.")
        case .noPlace:
            LocalizedText(
                id: "Di mana? Beri titik di peta, kelurahan, atau alamat.",
                en: "Where is it? Give a point on the map, a kelurahan or an address.")
        default: LocalizedText(id: "Isi nomor dengan 1 sampai 3 angka.", en: "Give the number as 1 to 3 digits.")
        }
    }

    private var pushText: LocalizedText {
        switch self {
        case .malformedAddress:
            LocalizedText(
                id: "Beri alamat https yang dapat dicapai dari internet.",
                en: "Give an https address that can be reached on the internet.")
        default:
            LocalizedText(
                id: "Kunci ini tidak berlaku. Kirim seperti yang ditulis peramban.",
                en: "This key is not valid. Send it as the browser writes it.")
        }
    }

    private var otherText: LocalizedText {
        switch self {
        case .malformedTime:
            LocalizedText(
                id: "Tulis waktu seperti 2026-11-24T09:05:00+08:00.",
                en: "Write the time like 2026-11-24T09:05:00+08:00.")
        case .timeInFuture:
            LocalizedText(id: "Waktu ini belum terjadi. Periksa jamnya.", en: "This time has not come yet. Check it.")
        case .timeTooOld:
            LocalizedText(
                id: "Waktu ini lebih dari % hari yang lalu. Periksa tanggalnya.",
                en: "This time is more than % days ago. Check the date.")
        case .timeNotInFuture:
            LocalizedText(id: "Pilih waktu yang akan datang.", en: "Choose a time that is still to come.")
        case .timeTooFar:
            LocalizedText(id: "Pilih waktu dalam % hari ke depan.", en: "Choose a time within the next % days.")
        case .consentRequired:
            LocalizedText(
                id: "Kami hanya menyimpan data diri dengan persetujuan. Sertakan versi dan waktu persetujuan.",
                en: "We keep personal data only with consent. Send the version and the time of the consent.")
        case .unknownConsent:
            LocalizedText(
                id: "Versi persetujuan itu tidak ada. Yang berlaku: %. Lihat /v1/consents.",
                en: "There is no such version of the consent. Versions: %. See /v1/consents.")
        case .malformedPhone:
            LocalizedText(id: "Tulis nomor seperti 0812 3456 7890.", en: "Write the number like +62 812 3456 7890.")
        case .malformedEmail:
            LocalizedText(id: "Tulis alamat seperti nama@contoh.id.", en: "Write the address like name@example.org.")
        case .ratingOutOfRange:
            LocalizedText(id: "Beri nilai 1 sampai 5.", en: "Give 1 to 5.")
        case .answerOutOfRange:
            LocalizedText(id: "Isi dengan angka bulat %.", en: "Give a whole number, %.")
        case .malformedReference:
            LocalizedText(id: "Beri nomor laporan atau id yang benar.", en: "Give a report's tracking code or id.")
        case .malformedCursor:
            LocalizedText(
                id: "Beri kursor yang diberikan aliran ini, seperti 1-42.",
                en: "Send a cursor that this stream gave, as in 1-42.")
        case .tooMany: LocalizedText(id: "Paling banyak %.", en: "No more than %.")
        case .attributesTooDeep:
            LocalizedText(id: "Paling banyak % tingkat.", en: "No more than % levels deep.")
        default: LocalizedText(id: "Paling banyak % byte.", en: "No more than % bytes.")
        }
    }
}
