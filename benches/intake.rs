//! The two readings of a message: `glance` stands before every 250, `read` before every page that shows a message.

use std::fmt::Write;
use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use brevbro::intake::{self, Limits, ReadOptions};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const HEADER: &str = "Received: from mx.hel.example (mx.hel.example [192.0.2.7])\r\n by gw.konto.example with ESMTPS id 4f2Kq1\r\n \
for <anna.virtanen@konto.example>; Tue, 24 Nov 2026 09:12:41 +0200\r\n\
DKIM-Signature: v=1; a=rsa-sha256; d=hel.example; s=k1; h=from:to:subject:date;\r\n bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=dGhpcyBpcyBubyBzaWduYXR1cmU\r\n\
From: Kirsi Laine <clerk@hel.example>\r\nTo: Anna Virtanen <anna.virtanen@konto.example>\r\n\
Subject: =?utf-8?Q?Beslut_om_bostadsbidrag_=5Bbeslut=5D_=5Bdnr_HEL_2026-001234=5D?=\r\n\
Date: Tue, 24 Nov 2026 09:12:40 +0200\r\nMessage-ID: <20261124.0712.1001@hel.example>\r\n\
In-Reply-To: <k.20261120.55@konto.example>\r\nReferences: <a.20261101.1@hel.example> <k.20261120.55@konto.example>\r\n\
MIME-Version: 1.0\r\n";
const SENTENCE: &str =
    "Du beviljas 312,40 euro i månaden från och med den 1 december 2026; anmäl ändringar inom två veckor.";

fn text(size: usize) -> Vec<u8> {
    let mut message =
        format!("{HEADER}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
    while message.len() < size {
        let _ = write!(message, "{SENTENCE}\r\n");
    }
    message.into_bytes()
}

fn html(size: usize) -> Vec<u8> {
    let mut message = format!(
        "{HEADER}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         {SENTENCE}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html lang=sv><body>\r\n"
    );
    while message.len() < size {
        let _ = write!(
            message,
            "<p style=\"color:#333;margin:0 0 1em\">{SENTENCE} <a href=\"https://hel.example/\">Anvisning</a></p>\r\n"
        );
    }
    message.push_str("</body></html>\r\n--b--\r\n");
    message.into_bytes()
}

fn attachment(size: usize) -> Vec<u8> {
    let mut message = format!(
        "{HEADER}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         {SENTENCE}\r\n--b\r\nContent-Type: application/pdf; name=beslut.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    let line: Vec<u8> = (0..57_u8).map(|n| n.wrapping_mul(37)).collect();
    let line = STANDARD.encode(line);
    while message.len() < size {
        let _ = write!(message, "{line}\r\n");
    }
    message.push_str("--b--\r\n");
    message.into_bytes()
}

fn intake(c: &mut Criterion) {
    let limits = Limits::default();
    let options = ReadOptions { inline_base: Some("/m/1/attachments/".into()), page: None };
    let messages =
        [("text-10k", text(10 << 10)), ("html-10k", html(10 << 10)), ("attachment-30m", attachment(30 << 20))];
    let mut group = c.benchmark_group("intake");
    for (name, raw) in &messages {
        group.throughput(Throughput::Bytes(raw.len() as u64));
        if raw.len() > 1 << 20 {
            group.sample_size(10);
        }
        group.bench_with_input(BenchmarkId::new("glance", name), raw, |b, raw| {
            b.iter(|| intake::glance(black_box(raw), &limits))
        });
        group.bench_with_input(BenchmarkId::new("read", name), raw, |b, raw| {
            b.iter(|| intake::read_with(black_box(raw), &limits, &options));
        });
    }
    group.finish();
}

criterion_group!(benches, intake);
criterion_main!(benches);
