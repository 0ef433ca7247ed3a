//! `brevbro demo`: the main job, end to end, on this machine, with nothing to configure. Real parts throughout: the
//! gateway as `serve` runs it, a message over SMTP with STARTTLS, the API, and a reply that reaches the office's server.

mod http;
mod office;
mod setup;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::app::{self, Inherited, Running};
use crate::clock::{Clock, Ids};
use crate::config::{self, Config};
use crate::domain::address::{Domain, Mailbox, ReversePath};
use crate::domain::office::{RelayRule, RelayTls, RelayTo};
use crate::domain::outcome::Outcome;
use crate::domain::reply::Composed;
use crate::listener::tls::{Files, Tls};
use crate::store::Principal;

/// What the clerk sends.
const MESSAGE: &[u8] = include_bytes!("../../../testdata/mail/three-attachments.eml");
const CLERK: &str = "clerk@hel.example";
const CITIZEN: &str = "anna.virtanen@konto.example";
/// How long each step may take before the demonstration says that it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A step that did not work, in words.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Runs the demonstration in `dir`, by default a new folder among the system's temporary ones.
///
/// # Errors
/// The first step that failed.
pub async fn run(once: bool, dir: Option<PathBuf>) -> Result<(), Failed> {
    let clock = Clock::system();
    let ids = Ids::system(clock.clone());
    let dir = dir.unwrap_or_else(|| {
        let name = ids.next(crate::domain::ids::ArrivalId::new);
        std::env::temp_dir().join(format!("brevbro-demo-{name}"))
    });
    let folder = setup::Folder::prepare(&dir, &ids)?;
    step("A gateway of your own", &format!("{} (brevbro.toml, offices.toml, database, key)", dir.display()));

    let tls = Tls::load(&Files {
        certificate: folder.file("certificate.pem"),
        key: folder.file("certificate.key"),
        client_ca: None,
    })?;
    let (office_server, mut arrivals) = office::open(tls, folder.file("office-mailbox")).await?;
    folder.offices(office_server)?;

    let config = Config::load(&folder.file("brevbro.toml")).map_err(|faults| faults_in_words(&faults))?;
    let running = Box::pin(app::start(&config, Inherited::default(), clock.clone(), ids.clone())).await?;
    enrol(&running, &folder.file("offices.toml")).await?;
    let smtp = *running.smtp.first().ok_or("no SMTP listener")?;
    let http = running.http;
    step("Enrolled", "the office hel-social (Helsingfors socialtjänst), and a citizen, Anna Virtanen");

    send(&running, smtp, &ids).await?;
    let token = running.store.create_token(Principal::Citizen("anna".parse()?), None).await?;
    let api = http::Api { address: http, token };
    let record = read(&api).await?;
    reply(&api, &record, &mut arrivals).await?;

    if once {
        running.stop().await;
        println!("\nThe bridge stands. Everything is left in {}", dir.display());
        return Ok(());
    }
    let due = TimeZone::UTC.to_datetime(clock.now()).date().saturating_add(30.days());
    println!(
        "\nServing until Ctrl-C.\n\
         \n  Portal   http://{http}/\n  Admin    http://{http}/admin/   (brevbro token create --admin --config {config})\
         \n  Write    swaks --server {smtp} --tls --from {CLERK} --to {CITIZEN} \\\
         \n             --header 'Subject: [begäran {due}] Uppgifter om hyran' --body 'Hej!'\
         \n  Office   {office}\n  Again    brevbro serve --config {config}\n",
        config = folder.file("brevbro.toml").display(),
        office = folder.file("office-mailbox").display(),
    );
    tokio::signal::ctrl_c().await?;
    running.stop().await;
    Ok(())
}

fn faults_in_words(faults: &[config::Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

async fn enrol(running: &Running, file: &Path) -> Result<(), Failed> {
    let text = tokio::fs::read_to_string(file).await?;
    let wanted = config::offices::read(&text, file).map_err(|faults| faults_in_words(&faults))?;
    running.store.apply(&wanted, false).await?;
    running.refresh_directory().await?;
    Ok(())
}

/// The clerk's mail, as the office's own server would send it.
async fn send(running: &Running, smtp: SocketAddr, ids: &Ids) -> Result<(), Failed> {
    let mark = ids.next(crate::domain::ids::ArrivalId::new);
    // Each demonstration is a message of its own, and not a repeat of the last one's.
    let message = [format!("Message-ID: <{mark}@hel.example>\r\n").as_bytes(), &without_message_id(MESSAGE)].concat();
    let composed = Composed {
        reverse_path: ReversePath::Mailbox(Mailbox::parse(CLERK)?),
        to: Mailbox::parse(CITIZEN)?,
        bytes: message.into(),
    };
    let rule = RelayRule {
        to: RelayTo::Host { host: Domain::parse("localhost")?, port: smtp.port(), implicit_tls: false },
        tls: RelayTls::Verified,
    };
    match running.relay.deliver(&composed, &rule).await {
        Outcome::Sent { detail } => step("A clerk wrote", &format!("{CLERK} → {CITIZEN}, over STARTTLS: {detail}")),
        other => return Err(format!("the message was not taken: {}", other.detail()).into()),
    }
    Ok(())
}

/// The message without its Message-ID field, which is one line in it.
fn without_message_id(message: &[u8]) -> Vec<u8> {
    let is_id = |line: &&[u8]| !line.to_ascii_lowercase().starts_with(b"message-id:");
    message.split_inclusive(|&b| b == b'\n').filter(is_id).flatten().copied().collect()
}

/// The citizen reads: the list, then the newest record, whole.
async fn read(api: &http::Api) -> Result<serde_json::Value, Failed> {
    let list = api.get("/api/v1/messages").await?;
    let id = list["items"][0]["id"].as_str().ok_or("the mailbox is empty")?;
    let record = api.get(&format!("/api/v1/messages/{id}")).await?;
    step("The record in the mailbox", &format!("GET /api/v1/messages/{id}"));
    println!("{}", serde_json::to_string_pretty(&record)?);
    Ok(record)
}

/// The citizen replies with an attachment; the e-mail as it reached the office.
async fn reply(
    api: &http::Api,
    record: &serde_json::Value,
    arrivals: &mut mpsc::UnboundedReceiver<office::Delivered>,
) -> Result<(), Failed> {
    let id = record["id"].as_str().ok_or("a record without an id")?;
    let text = "Hej!\n\nHär är hyreskontraktet.\n\nHälsningar\nAnna";
    let answer = api.post(&format!("/api/v1/messages/{id}/reply"), text, "hyreskontrakt.pdf", &lease()).await?;
    step("The citizen replied, with an attachment", &answer.to_string());
    let mail = timeout(PATIENCE, arrivals.recv()).await.map_err(|_| "the reply did not reach the office in time")?;
    let mail = mail.ok_or("the office's server has gone")?;
    step("The e-mail at the office", &mail.file.display().to_string());
    println!("{}\n", mail.envelope);
    io::stdout().write_all(&mail.bytes)?;
    Ok(())
}

/// The smallest file that is a PDF.
fn lease() -> Vec<u8> {
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
      3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
        .to_vec()
}

fn step(what: &str, detail: &str) {
    println!("\n== {what}\n   {detail}\n");
}
