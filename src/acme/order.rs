//! One certificate from the authority: account, order, proof, key, certificate.

use std::fs;

use instant_acme::{
    Account, AccountBuilder, AccountCredentials, AuthorizationStatus, ChallengeType, ExternalAccountKey, Identifier,
    NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use tracing::info;

use super::answers::{Answers, Open};
use super::file::private;
use super::{Fault, ORDER, Settings};

/// The account's key and URL, in the folder: one for each directory.
const ACCOUNT: &str = "account.json";

/// Certificate, intermediates and key in PEM.
pub(super) async fn get(settings: &Settings, answers: &Answers) -> Result<String, Fault> {
    let account = account(settings).await?;
    let names: Vec<Identifier> = settings.names.iter().map(|name| Identifier::Dns(name.wire().to_owned())).collect();
    let mut order = account.new_order(&NewOrder::new(&names)).await?;
    // Given until the authority has looked.
    let mut open: Vec<Open> = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let name = authorization.identifier().to_string();
        let mut challenge = authorization.challenge(ChallengeType::Http01).ok_or(Fault::NoHttp(name))?;
        open.push(answers.open(&challenge.token, challenge.key_authorization().as_str()));
        challenge.set_ready().await?;
    }
    let patience = RetryPolicy::default().timeout(ORDER);
    if order.poll_ready(&patience).await? != OrderStatus::Ready {
        return Err(Fault::Proof(refused(&mut order).await));
    }
    drop(open);
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&patience).await?;
    Ok(format!("{}\n{key}", chain.trim_end()))
}

/// Why the authority does not believe that the names are ours, in its words.
async fn refused(order: &mut instant_acme::Order) -> String {
    let mut why = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let name = authorization.identifier().to_string();
        let problems = authorization.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        why.extend(problems.map(|problem| format!("{name}: {problem}")));
    }
    why.join("; ")
}

/// The account of the folder; a new one at another directory.
async fn account(settings: &Settings) -> Result<Account, Fault> {
    let file = settings.folder.join(ACCOUNT);
    if let Some(held) = fs::read_to_string(&file).ok().and_then(|text| credentials(&text, &settings.directory)) {
        return Ok(builder(settings)?.from_credentials(held).await?);
    }
    let contact: Vec<String> = settings.contact.iter().map(|address| format!("mailto:{}", address.wire())).collect();
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let known = settings.external_account.as_ref().map(|(id, key)| ExternalAccountKey::new(id.clone(), key));
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let (account, held) = builder(settings)?.create(&new, settings.directory.clone(), known.as_ref()).await?;
    let text = serde_json::to_vec(&held).map_err(instant_acme::Error::Json)?;
    private(&file, &text).map_err(|error| Fault::File(file, error))?;
    info!(directory = settings.directory, "an account was made");
    Ok(account)
}

fn builder(settings: &Settings) -> Result<AccountBuilder, Fault> {
    Ok(match &settings.ca_file {
        Some(root) => Account::builder_with_root(root)?,
        None => Account::builder()?,
    })
}

/// Those in the text, if they are for this directory.
fn credentials(text: &str, directory: &str) -> Option<AccountCredentials> {
    let of: serde_json::Value = serde_json::from_str(text).ok()?;
    (of.get("directory")?.as_str()? == directory).then(|| serde_json::from_value(of).ok())?
}
