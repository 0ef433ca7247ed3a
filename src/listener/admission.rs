//! How much one network may have of a listener: connections at once, and new ones a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::office::network_of;
use crate::domain::status::{Class, Refusal};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Networks whose rate is remembered before those are forgotten that have been still for a while.
const REMEMBERED: usize = 10_000;

/// Who may come in, by network.
pub(super) struct Admission {
    seats: Mutex<Seats>,
    at_once: usize,
    rate: DefaultKeyedRateLimiter<IpAddr>,
}

#[derive(Default)]
struct Seats {
    taken: HashMap<IpAddr, usize>,
    /// Arrivals since the rates were last cleared of what is past.
    since_cleared: usize,
}

/// One of a network's connections; given back when it is dropped.
pub(super) struct Seat {
    admission: Arc<Admission>,
    network: IpAddr,
}

/// Why somebody may not come in now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// The listener has no permit left.
    Listener,
    /// The network has its connections.
    Network,
    /// The network has had its new connections of this minute.
    Rate,
}

impl Denied {
    /// What is said to one too many (RFC 5321 §3.8): it will come again.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Listener => Refusal::new(Class::TooManyConnections, "over connections of the listener"),
            Self::Network => Refusal::new(Class::TooManyOfNetwork, "over connections_per_peer of the listener"),
            Self::Rate => Refusal::new(Class::TooManyOfNetwork, "over limits.connects_per_minute"),
        }
    }
}

impl Admission {
    /// For a listener: connections of one network at once, and new ones a minute.
    pub fn new(at_once: usize, a_minute: NonZeroU32) -> Arc<Self> {
        let rate = RateLimiter::keyed(Quota::per_minute(a_minute));
        Arc::new(Self { seats: Mutex::default(), at_once, rate })
    }

    /// A seat for this peer.
    pub fn seat(self: &Arc<Self>, peer: IpAddr) -> Result<Seat, Denied> {
        let network = network_of(peer);
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.since_cleared += 1;
        if seats.since_cleared > REMEMBERED {
            seats.since_cleared = 0;
            self.rate.retain_recent();
        }
        if seats.taken.get(&network).is_some_and(|taken| *taken >= self.at_once) {
            return Err(Denied::Network);
        }
        if self.rate.check_key(&network).is_err() {
            return Err(Denied::Rate);
        }
        *seats.taken.entry(network).or_default() += 1;
        Ok(Seat { admission: self.clone(), network })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.admission.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.taken.get_mut(&self.network) {
            *taken -= 1;
            if *taken == 0 {
                seats.taken.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn seats_are_given_back() {
        let admission = Admission::new(2, NonZeroU32::MAX);
        let first = admission.seat(ip("2001:db8::1"));
        let second = admission.seat(ip("2001:db8::2"));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(admission.seat(ip("2001:db8::3")).err(), Some(Denied::Network), "one /64");
        assert!(admission.seat(ip("2001:db8:0:1::1")).is_ok(), "another");
        drop(first);
        assert!(admission.seat(ip("2001:db8::3")).is_ok());
        drop(second);
        assert!(admission.seats.lock().unwrap().taken.is_empty(), "nobody is remembered who has gone");
        assert_eq!(network_of(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[test]
    fn a_network_comes_so_often_a_minute() {
        let admission = Admission::new(100, NonZeroU32::new(3).unwrap());
        let comes = |from: &str| admission.seat(ip(from)).err();
        assert_eq!([(); 3].map(|()| comes("192.0.2.1")), [None; 3]);
        assert_eq!(comes("192.0.2.1"), Some(Denied::Rate));
        assert_eq!(comes("192.0.2.2"), None, "another network's matter");
    }

    #[test]
    fn rates_of_networks_that_are_gone_are_forgotten() {
        let admission = Admission::new(1, NonZeroU32::new(60_000_000).unwrap());
        for network in 0..=2 * u32::try_from(REMEMBERED).unwrap() {
            assert!(admission.seat(IpAddr::from(network.to_be_bytes())).is_ok());
        }
        assert!(admission.rate.len() <= REMEMBERED + 100, "{}", admission.rate.len());
    }
}
