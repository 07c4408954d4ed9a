CREATE TABLE izin (nomor TEXT, jenis TEXT, status TEXT, masuk TEXT, terbit TEXT, kecamatan TEXT, jeda TEXT, pemohon TEXT, nik TEXT);
INSERT INTO izin VALUES
 ('503/0412/2026', 'Izin Reklame', 'ditunda', '2026-11-10 09:00:00', NULL, 'Ciledug',
  '[{"mulai": "2026-11-12 10:00:00", "selesai": null, "alasan": "menunggu berkas pemohon"}]', 'Contoh Pemohon', '3671000000000000'),
 ('503/0398/2026', 'IMB', 'terbit', '2026-10-01 09:00:00', '2026-10-28 15:00:00', 'Pinang', NULL, 'Contoh Pemohon', '3671000000000000'),
 ('503/0399/2026', 'IMB', 'diproses', '2026-10-32', NULL, 'Pinang', NULL, 'Contoh Pemohon', '3671000000000000'),
 ('503/0001/2025', 'IMB', 'terbit', '2025-01-02 09:00:00', '2025-02-01 09:00:00', 'Benda', NULL, 'Contoh Pemohon', '3671000000000000');
