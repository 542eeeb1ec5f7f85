internal import Domain

/// What the sender of a request is told beside its number.
struct Open311Notice: Sendable {
    let asked: Open311Routes.Asked
    let report: AdmittedReport
    /// Something of a person came without a consent, and was left out.
    var leavesPersonOut = false
    /// Addresses of photos that could not be had.
    var missed: [String] = []

    /// Sentences, those that matter most first; nil where there is nothing to say.
    var text: String? {
        var sentences: [LocalizedText] = []
        if let note = report.category.flatMap({ asked.city.category($0) })?.note { sentences.append(note) }
        if !missed.isEmpty {
            sentences.append(
                LocalizedText(
                    id: "Laporan tersimpan, tetapi \(missed.count) foto tidak dapat diambil dari media_url.",
                    en: "The report is stored, but \(missed.count) of its photos could not be had from media_url."))
        }
        if leavesPersonOut {
            sentences.append(
                LocalizedText(
                    id:
                        "Nama, nomor, alamat surel dan nomor akun tidak disimpan: tidak ada persetujuan yang disertakan.",
                    en: "Names, numbers, e-mail addresses and account numbers were not kept: no consent came with them."
                ))
        }
        if report.visibility == .private {
            sentences.append(
                LocalizedText(
                    id: "Laporan seperti ini tidak ditampilkan kepada umum.",
                    en: "Reports of this kind are not shown to the public."))
        }
        return sentences.isEmpty ? nil : sentences.map { $0[asked.language] }.joined(separator: " ")
    }
}
