//! `brevbro reload`: the configuration as it is now, for the gateway that runs.

use std::io::ErrorKind;

use super::Failure;
use super::cli::Common;
use crate::app::{Hold, control};
use crate::config::Config;

/// Reads the configuration here first; then asks the gateway to, and tells what became of it.
pub(super) async fn run(common: &Common) -> Result<(), Failure> {
    let config = Config::load(&common.config)?;
    let data = &config.node.data;
    let may_not = |error: std::io::Error| {
        let sentence = format!("{} cannot be looked into: {error}", data.display());
        Failure::new(&common.config, "node.data", sentence, "run this as root, or as the user of the gateway")
    };
    let Some(process) = Hold::holder(data).map_err(may_not)? else {
        let sentence = format!("no gateway runs on {}", data.display());
        let remedy =
            "start it: brevbro serve; or name its configuration with --config. A new node.data asks for a restart";
        return Err(Failure::new(&common.config, "node.data", sentence, remedy));
    };
    let reloaded = control::ask(data).await.map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::PermissionDenied => "run this as root, or as the user of the gateway".to_owned(),
            _ => format!("kill -HUP {process} does the same; the gateway's log tells the outcome"),
        };
        Failure::new(&common.config, "node.data", format!("process {process} cannot be asked: {error}"), remedy)
    })?;
    if common.json {
        super::print_json(&reloaded);
    }
    if !reloaded.taken {
        return Err(if common.json { Failure(Vec::new()) } else { Failure(reloaded.faults) });
    }
    if !common.json {
        println!("Process {process} has taken {} into use.", reloaded.file);
        for (what, addresses) in [("listens at", &reloaded.added), ("listens no more at", &reloaded.removed)] {
            for address in addresses {
                println!("  {what} {address}");
            }
        }
    }
    Ok(())
}
