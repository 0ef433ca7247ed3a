//! The offices and what is served, as one value that a gateway holds in memory and replaces whole.

use std::collections::HashMap;
use std::sync::Arc;

use super::address::{Domain, Mailbox};
use super::identity::Scheme;
use super::ids::OfficeId;
use super::office::Office;
use super::record::Kind;

/// Every office and service address, at one version of the store.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Rises with each change.
    pub version: i64,
    offices: Vec<Arc<Office>>,
    services: HashMap<String, ServiceAddress>,
}

/// An office's own address on our domain: fixed defaults, and the citizen named by a tag or the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    /// Where it is.
    pub address: Mailbox,
    /// Which office alone may write to it.
    pub office: OfficeId,
    /// Instead of the office's.
    pub kind: Option<Kind>,
    /// Instead of the office's.
    pub replies_allowed: Option<bool>,
    /// Begins every case reference.
    pub case_prefix: Option<String>,
}

impl Directory {
    /// All there is.
    #[must_use]
    pub fn new(version: i64, offices: Vec<Office>, services: Vec<ServiceAddress>) -> Self {
        Self {
            version,
            offices: offices.into_iter().map(Arc::new).collect(),
            services: services.into_iter().map(|s| (s.address.folded(), s)).collect(),
        }
    }

    /// All offices.
    #[must_use]
    pub fn offices(&self) -> &[Arc<Office>] {
        &self.offices
    }

    /// One office.
    #[must_use]
    pub fn office(&self, id: &OfficeId) -> Option<&Arc<Office>> {
        self.offices.iter().find(|o| o.id == *id)
    }

    /// The service address at this mailbox (its tags taken off), if there is one.
    #[must_use]
    pub fn service(&self, address: &Mailbox) -> Option<&ServiceAddress> {
        self.services.get(&address.folded())
    }

    /// All service addresses, in no order.
    pub fn services(&self) -> impl Iterator<Item = &ServiceAddress> {
        self.services.values()
    }
}

/// Which domains are ours.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// Aliases, conversations and service addresses live here. The first is the one our own addresses are made with.
    pub domains: Vec<Domain>,
    /// Local parts are identity codes of this scheme: `hetu.konto.example`, or a domain that was ours before.
    pub identity_domains: Vec<(Domain, Scheme)>,
}

impl Served {
    /// Whether an address lies on a domain of ours.
    #[must_use]
    pub fn has(&self, mailbox: &Mailbox) -> bool {
        let named = self.identity_domains.iter().map(|(domain, _)| domain);
        self.domains.iter().chain(named).any(|domain| *domain == mailbox.domain)
    }
}
