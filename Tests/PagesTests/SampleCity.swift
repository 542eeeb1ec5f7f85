import Domain

/// Kupang as the pages see it, enough of it to write every page.
enum SampleCity {
    static let kupang = City(
        code: "kupang", name: LocalizedText(id: "Kota Kupang", en: "Kupang City"), timezone: "Asia/Makassar",
        utcOffset: 8 * 3600, timezoneLabel: "WITA", trackingPrefix: "KPG", agencies: agencies,
        categories: categories, rules: [], levels: [], areas: areas,
        consents: [
            Consent(
                version: "1",
                purpose: LocalizedText(
                    id: "supaya dinas bisa bertanya tentang laporan ini, dan tidak untuk hal lain.",
                    en: "so that the agency can ask you about this report, and for nothing else."),
                retentionDays: 90)
        ])

    private static let agencies = [
        agency("dlhk", "Dinas Lingkungan Hidup dan Kebersihan", "Environment and Cleanliness Agency", "DLHK"),
        agency("pupr", "Dinas Pekerjaan Umum dan Penataan Ruang", "Public Works and Spatial Planning", "PUPR"),
        agency("dishub", "Dinas Perhubungan", "Transport Agency", "Dishub"),
        agency("dinsos", "Dinas Sosial", "Social Agency", "Dinsos"),
        agency("satpolpp", "Satuan Polisi Pamong Praja", "Civil Service Police", "Satpol PP"),
        agency("dinkes", "Dinas Kesehatan", "Health Agency", "Dinkes"),
        agency("damkar", "Dinas Pemadam Kebakaran", "Fire Service", "Damkar"),
        Agency(
            code: "kominfo", name: LocalizedText(id: "Dinas Komunikasi dan Informatika", en: "Communication Agency"),
            short: "Kominfo", kind: .triage),
    ]

    private static func agency(_ code: AgencyCode, _ id: String, _ en: String, _ short: String) -> Agency {
        Agency(code: code, name: LocalizedText(id: id, en: en), short: short)
    }

    private static let categories = [
        category("sampah", "Sampah", "Rubbish", questions: questions),
        category(
            "lampu_rambu", "Lampu jalan, lampu & rambu lalu lintas", "Street lights, traffic lights & signs",
            subtypes: [
                Subtype(code: "lampu_jalan", name: LocalizedText(id: "Lampu jalan", en: "Street light")),
                Subtype(code: "lampu_lalin", name: LocalizedText(id: "Lampu lalu lintas", en: "Traffic light")),
                Subtype(code: "rambu", name: LocalizedText(id: "Rambu", en: "Sign")),
            ]),
        category("kemacetan", "Kemacetan", "Traffic jam"),
        category("pelanggaran_lalin", "Pelanggaran lalu lintas", "Traffic offence"),
        category("parkir_liar", "Parkir liar", "Illegal parking"),
        category("tunawisma_pengemis", "Tunawisma/pengemis", "Homeless people/beggars", sensitive: true),
        category("fasilitas_anak", "Fasilitas anak", "Children's facilities"),
        category("orang_hilang", "Orang hilang", "Missing person", sensitive: true, urgent: true),
        category("pkl_liar", "Pedagang kaki lima liar", "Illegal street vendors"),
        category("pelanggaran_bangunan", "Pelanggaran bangunan", "Building offence"),
        category("iklan_liar", "Iklan liar", "Illegal advertising"),
        category(
            "fogging_dbd", "Permintaan fogging DBD", "Fogging against dengue", sensitive: true,
            note: LocalizedText(
                id: "Permintaan belum berarti disetujui: fogging dilakukan setelah penyelidikan menemukan penularan.",
                en: "A request is not an approval: fogging follows an investigation that finds spread.")),
        category("masalah_kesehatan", "Masalah kesehatan", "Health problem", sensitive: true, urgent: true),
        category(
            "kebakaran", "Kebakaran", "Fire", urgent: true,
            emergency: [
                PhoneNumber(
                    number: "113", label: LocalizedText(id: "Pemadam kebakaran", en: "Fire service"), confirmed: true),
                PhoneNumber(
                    number: "0380-821467", label: LocalizedText(id: "Kantor Damkar", en: "Fire station"),
                    confirmed: true),
                PhoneNumber(number: "999", label: LocalizedText(id: "Belum pasti", en: "Unsure"), confirmed: false),
            ]),
    ]

    private static func category(
        _ code: CategoryCode, _ id: String, _ en: String, sensitive: Bool = false, urgent: Bool = false,
        emergency: [PhoneNumber] = [], subtypes: [Subtype] = [], note: LocalizedText? = nil,
        questions: [Question] = []
    ) -> Category {
        Category(
            code: code, name: LocalizedText(id: id, en: en), icon: code.rawValue, sensitive: sensitive,
            urgent: urgent, emergency: emergency, subtypes: subtypes, note: note,
            questions: questions)
    }

    /// One of each kind.
    static let questions = [
        Question(
            code: "banyaknya", label: LocalizedText(id: "Kira-kira seberapa banyak?", en: "About how much is it?"),
            kind: .choice,
            options: [
                .init(code: "kantong", name: LocalizedText(id: "Beberapa kantong", en: "A few bags")),
                .init(code: "truk", name: LocalizedText(id: "Satu truk atau lebih", en: "A truckload or more")),
            ]),
        Question(
            code: "jumlah", label: LocalizedText(id: "Berapa titik?", en: "How many places?"), kind: .number,
            minimum: 1, maximum: 200),
        Question(
            code: "nomor", label: LocalizedText(id: "Nomor kontainer", en: "The container's number"), kind: .text,
            maximum: 40),
        Question(
            code: "menutup", label: LocalizedText(id: "Apakah menutup jalan?", en: "Does it block a road?"),
            kind: .yesNo),
    ]

    private static let areas = """
        53.71.01.1001|Namosain|Alak|-10.176|123.553
        53.71.01.1002|Nunbaun Sabu|Alak|-10.179|123.565
        53.71.01.1003|Nunbaun Delha|Alak|-10.175|123.570
        53.71.01.1004|Nunhila|Alak|-10.168|123.573
        53.71.01.1005|Fatufeto|Alak|-10.168|123.576
        53.71.01.1006|Manutapen|Alak|-10.181|123.576
        53.71.01.1007|Mantasi|Alak|-10.171|123.581
        53.71.01.1008|Alak|Alak|-10.193|123.537
        53.71.01.1009|Batu Plat|Alak|-10.203|123.585
        53.71.01.1010|Manulai II|Alak|-10.218|123.556
        53.71.01.1011|Naioni|Alak|-10.260|123.595
        53.71.01.1012|Penkase Oeleta|Alak|-10.192|123.561
        53.71.02.1001|Oepura|Maulafa|-10.190|123.612
        53.71.02.1002|Maulafa|Maulafa|-10.188|123.623
        53.71.02.1003|Penfui|Maulafa|-10.175|123.669
        53.71.02.1004|Naimata|Maulafa|-10.184|123.641
        53.71.02.1005|Bello|Maulafa|-10.214|123.627
        53.71.02.1006|Fatukoa|Maulafa|-10.244|123.613
        53.71.02.1007|Kolhua|Maulafa|-10.211|123.645
        53.71.02.1008|Sikumana|Maulafa|-10.206|123.609
        53.71.02.1009|Naikolan|Maulafa|-10.190|123.602
        53.71.03.1001|Kelapa Lima|Kelapa Lima|-10.151|123.619
        53.71.03.1010|Oesapa|Kelapa Lima|-10.148|123.653
        53.71.03.1011|Lasiana|Kelapa Lima|-10.144|123.671
        53.71.03.1014|Oesapa Barat|Kelapa Lima|-10.148|123.632
        53.71.03.1015|Oesapa Selatan|Kelapa Lima|-10.159|123.653
        53.71.04.1001|Oebobo|Oebobo|-10.169|123.602
        53.71.04.1008|Oetete|Oebobo|-10.166|123.589
        53.71.04.1009|Oebufu|Oebobo|-10.175|123.621
        53.71.04.1010|Liliba|Oebobo|-10.169|123.645
        53.71.04.1011|Fatululi|Oebobo|-10.163|123.609
        53.71.04.1013|Kayu Putih|Oebobo|-10.164|123.621
        53.71.04.1014|Tuak Daun Merah|Oebobo|-10.163|123.631
        53.71.05.1001|Bakunase|Kota Raja|-10.189|123.586
        53.71.05.1002|Bakunase Dua|Kota Raja|-10.193|123.594
        53.71.05.1003|Airnona|Kota Raja|-10.180|123.587
        53.71.05.1004|Naikoten Satu|Kota Raja|-10.181|123.600
        53.71.05.1005|Naikoten Dua|Kota Raja|-10.175|123.598
        53.71.05.1006|Kuanino|Kota Raja|-10.171|123.593
        53.71.05.1007|Nunleu|Kota Raja|-10.174|123.590
        53.71.05.1008|Fontein|Kota Raja|-10.167|123.582
        53.71.06.1001|Airmata|Kota Lama|-10.168|123.579
        53.71.06.1002|Lai Lai Bisi Kopan|Kota Lama|-10.162|123.577
        53.71.06.1003|Bonipoi|Kota Lama|-10.162|123.580
        53.71.06.1004|Solor|Kota Lama|-10.159|123.582
        53.71.06.1005|Tode Kisar|Kota Lama|-10.158|123.585
        53.71.06.1006|Merdeka|Kota Lama|-10.162|123.586
        53.71.06.1007|Oeba|Kota Lama|-10.160|123.593
        53.71.06.1008|Fatubesi|Kota Lama|-10.156|123.591
        53.71.06.1009|Pasir Panjang|Kota Lama|-10.153|123.603
        53.71.06.1010|Nefonaek|Kota Lama|-10.157|123.603
        """.split(separator: "\n").map { line in
            let parts = line.split(separator: "|").map(String.init)
            return Area(
                code: AreaCode(rawValue: parts[0]), name: parts[1], district: parts[2],
                districtCode: String(parts[0].prefix(8)),
                postcode: "", lat: Double(parts[3])!, lng: Double(parts[4])!)
        }
}
