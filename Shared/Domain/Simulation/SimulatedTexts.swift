/// What people and officers write: put together from pieces, so that texts differ and yet read like reports.
enum SimulatedTexts {
    /// What was seen, by category.
    private static let sights: [CategoryCode: [String]] = [
        "sampah": [
            "Sampah menumpuk", "Kontainer sampah penuh sampai tumpah", "Sampah plastik berserakan",
            "Karung sampah dibuang orang", "Sampah pasar belum diangkut", "Got tersumbat sampah",
        ],
        "lampu_rambu": [
            "Lampu jalan mati", "Lampu jalan kedip-kedip", "Lampu merah tidak menyala", "Rambu roboh",
            "Tiang lampu miring", "Lampu penyeberangan rusak",
        ],
        "kemacetan": [
            "Macet panjang", "Kendaraan tidak bergerak", "Antrean kendaraan panjang",
            "Macet karena truk bongkar muatan", "Simpang macet tanpa petugas",
        ],
        "pelanggaran_lalin": [
            "Banyak motor lawan arah", "Angkot ngetem sembarangan", "Balap liar", "Pengendara menerobos lampu merah",
            "Truk besar masuk jalan kecil",
        ],
        "parkir_liar": [
            "Mobil parkir di trotoar", "Parkir dua baris", "Motor parkir menutup jalan", "Juru parkir tanpa karcis",
            "Truk parkir di bahu jalan",
        ],
        "tunawisma_pengemis": [
            "Ada pengemis membawa anak kecil", "Orang tua tidur di emperan", "Anak jalanan di lampu merah",
            "Orang terlantar butuh bantuan",
        ],
        "fasilitas_anak": [
            "Ayunan taman bermain putus", "Perosotan pecah dan tajam", "Pagar taman bermain rusak",
            "Taman bermain penuh rumput tinggi",
        ],
        "orang_hilang": [
            "Anak belum pulang ke rumah", "Orang tua pikun keluar rumah dan belum kembali",
            "Remaja tidak pulang dari sekolah", "Ditemukan anak kecil sendirian",
        ],
        "pkl_liar": [
            "Pedagang kaki lima menutup trotoar", "Lapak berjualan di badan jalan", "Gerobak mangkal di tikungan",
            "Pedagang musiman memenuhi bahu jalan",
        ],
        "pelanggaran_bangunan": [
            "Bangunan tanpa papan izin", "Pagar rumah masuk ke jalan umum", "Ruko dibangun melewati sempadan",
            "Bangunan berdiri di atas saluran air",
        ],
        "iklan_liar": [
            "Spanduk dipaku di pohon", "Baliho lama belum dicabut", "Poster ditempel di tiang listrik",
            "Papan reklame hampir roboh",
        ],
        "fogging_dbd": [
            "Mohon fogging, ada warga kena DBD", "Nyamuk makin banyak sejak hujan", "Banyak jentik di bak penampung",
            "Tetangga dirawat karena demam berdarah",
        ],
        "masalah_kesehatan": [
            "Ada orang pingsan", "Banyak warga diare", "Obat di puskesmas kosong", "Ibu hamil butuh ambulans",
            "Antrean puskesmas terlalu lama",
        ],
        "kebakaran": [
            "Rumah terbakar", "Rumput kering terbakar", "Api dari dapur", "Asap tebal dari bangunan kosong",
            "Kabel listrik terbakar",
        ],
    ]
    private static let otherSights = [
        "Pohon miring dan takut roboh", "Air tidak mengalir", "Jalan berlubang", "Saluran air tersumbat",
        "Anjing liar mengganggu warga", "Suara bising sampai larut malam", "Talud retak",
    ]
    private static let places = [
        "di depan pasar", "di pinggir jalan", "dekat sekolah", "di samping kali", "di mulut gang", "dekat kantor lurah",
        "di belakang rumah ibadah", "di simpang", "dekat puskesmas", "di depan kios",
    ]
    private static let times = [
        "sejak pagi", "sudah tiga hari", "sejak kemarin", "su satu minggu", "tiap malam", "sejak hujan semalam",
        "sudah lama", "tadi sore",
    ]
    private static let pleas = [
        "Tolong segera ditangani.", "Mohon ditindaklanjuti.", "Tolong bantu dolo.", "Warga terganggu.",
        "Terima kasih.", "Kapan petugas datang?",
    ]
    private static let landmarks = [
        "dekat lapangan", "samping gereja", "depan masjid", "dekat jembatan", "sebelah bengkel", "dekat sumur umum",
    ]

    static func description(
        _ category: CategoryCode?, in area: Area, _ random: inout SeededRandom
    ) -> String {
        let sight = random.pick(category.flatMap { sights[$0] } ?? otherSights)
        let place = random.pick(places)
        let time = random.pick(times)
        return "\(sight) \(place), \(area.name), \(time). \(random.pick(pleas))"
    }

    static func landmark(_ random: inout SeededRandom) -> String? {
        random.happens(0.4) ? random.pick(landmarks) : nil
    }

    // MARK: What officers write

    static let resolved = [
        "Sudah ditangani petugas di lapangan.", "Selesai dikerjakan hari ini.", "Petugas sudah membersihkan lokasi.",
        "Perbaikan selesai, terima kasih atas laporannya.", "Sudah ditertibkan.",
    ]
    static let rejected = [
        "Lokasi sudah diperiksa, tidak ditemukan.", "Laporan tidak cukup jelas.",
        "Bukan kewenangan pemerintah kota.",
    ]
    static let clearedUp = "Ditutup saat pemeriksaan laporan lama."
    static let held = ["Menunggu suku cadang.", "Menunggu cuaca membaik.", "Alat berat masih dipakai di tempat lain."]
    static let passedOn = ["Bukan bidang kami.", "Menurut lokasi ini tugas dinas lain.", "Salah kategori."]
    static let remarks = ["Tim sudah dihubungi.", "Sudah ditelepon, belum diangkat.", "Perlu dicek ulang besok."]
    static let actors = (1...24).map { "Petugas " + ($0 < 10 ? "0" : "") + String($0) }
}
