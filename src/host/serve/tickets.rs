//! One-use admissions for viewers.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::host::error::HostError;
use crate::host::key;
use crate::host::protocol::Ticket;

/// A ticket's life.
const VALID: Duration = Duration::from_secs(30);

/// Tickets that were given out and not used.
#[derive(Debug, Default)]
pub struct Tickets {
    open: HashMap<String, Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    read_only: bool,
}

impl Tickets {
    /// Gives one out.
    pub fn issue(&mut self, read_only: bool, now: Instant) -> Result<Ticket, HostError> {
        self.open.retain(|_, open| open.until > now);
        let token = key::random_hex()?;
        self.open.insert(token.clone(), Open { until: now + VALID, read_only });
        let valid_ms = u64::try_from(VALID.as_millis()).unwrap_or(u64::MAX);
        Ok(Ticket { token, valid_ms })
    }

    /// Uses one up; tells whether it lets its bearer only look.
    pub fn redeem(&mut self, token: &str, now: Instant) -> Option<bool> {
        let open = self.open.remove(token)?;
        (open.until > now).then_some(open.read_only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_in_once_and_not_late() {
        let mut tickets = Tickets::default();
        let now = Instant::now();
        let ticket = tickets.issue(true, now).unwrap();
        assert_eq!(tickets.redeem("another", now), None);
        assert_eq!(tickets.redeem(&ticket.token, now), Some(true));
        assert_eq!(tickets.redeem(&ticket.token, now), None);
        let late = tickets.issue(false, now).unwrap();
        assert_eq!(tickets.redeem(&late.token, now + VALID), None);
    }
}
