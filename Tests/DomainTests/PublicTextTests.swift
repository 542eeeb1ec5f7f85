import Testing

@testable import Domain

@Suite struct PublicTextTests {
    @Test(
        arguments: [
            ("Hubungi 0812-3456-7890 ya", "Hubungi ••• ya"), ("WA 081234567890.", "WA •••."),
            ("telp (0380) 821234", "telp •••"), ("+62 812 3456 7890", "•••"), ("6281234567890", "•••"),
            ("62 812 3456 7890", "•••"), ("nomor 812 3456 7890!", "nomor •••!"),
            ("NIK 5371011234560001", "NIK •••"), ("NIK 5371.0112.3456.0001", "NIK •••"),
            ("kirim ke budi.tani+x@contoh.co.id.", "kirim ke •••."), ("a@b.id", "•••"),
            ("mobil DH 1234 AB parkir", "mobil ••• parkir"), ("motor dh1234ab", "motor •••"),
            ("truk B 9 XYZ", "truk •••"), ("٠٨١٢٣٤٥٦٧٨٩٠", "•••"), ("０８１２３４５６７８９０", "•••"),
            ("0812 3456 7890 dan 0813 1111 2222", "••• dan •••"), ("0380/821234", "•••"),
        ])
    func `what belongs to a person becomes dots`(text: String, masked: String) {
        #expect(PublicText.masked(text) == masked)
    }

    @Test(arguments: [
        "RT 04 RW 02", "Jl. El Tari No. 12, depan toko 24 jam", "Rp 1.500.000 per bulan", "pukul 08.00-17.00",
        "tanggal 27.11.2026 08.00", "sejak 2026-11-27", "koordinat -10.1583, 123.6070", "kode KPG-7H2K9M4QXPA",
        "telepon 113 atau 110", "blok A 12 RT 3", "blok b 12 dan sekitarnya", "3 hari, 2 malam", "08.11.2026 10.00",
        "lampu no 1234567", "@kotakupang", "surat@", "", "😀 sampah 👨‍👩‍👧 menumpuk", "kode pos 85111", "A 0123 BC",
        "ABCDH 1234 AB", "DH 12345 AB", "di km 10 jalan timor raya", "e\u{301}a 12 bc",
    ])
    func `what says where and when stays`(text: String) {
        #expect(PublicText.masked(text) == text)
    }

    @Test func `a long text costs in proportion to its length`() {
        for part in ["0 ", "a.", "a@", "DH 1 ", "(+", "12-"] {
            let text = String(repeating: part, count: 5_000)
            let begun = ContinuousClock.now
            _ = PublicText.masked(text)
            #expect(ContinuousClock.now - begun < .seconds(10), "\(part)")
        }
    }
}
