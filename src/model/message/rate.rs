//! How fast sessions may send. The person at the machine is not limited: a script of theirs that
//! floods is stopped by the queue's own limit.

/// What was accepted from sessions for one recipient lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recent {
    /// From this sender, in the last five seconds.
    pub sender_burst: u32,
    /// From this sender, in the last minute.
    pub sender_minute: u32,
    /// From all sessions, in the last minute.
    pub recipient_minute: u32,
}

/// The limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// From one sender in five seconds.
    pub sender_burst: u32,
    /// From one sender in a minute.
    pub sender_minute: u32,
    /// From all sessions in a minute.
    pub recipient_minute: u32,
}

/// A message comes too soon after others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooFast {
    /// This sender sends too many to this recipient.
    #[error("more than {limit} messages to this recipient within {seconds} s")]
    Sender {
        /// The limit.
        limit: u32,
        /// The time it is for.
        seconds: u32,
    },
    /// The recipient gets too many.
    #[error("the recipient gets more than {limit} messages a minute")]
    Recipient {
        /// The limit.
        limit: u32,
    },
}

/// Whether one more may be accepted.
pub fn check_rate(recent: Recent, rates: Rates) -> Result<(), TooFast> {
    if recent.sender_burst >= rates.sender_burst {
        return Err(TooFast::Sender { limit: rates.sender_burst, seconds: 5 });
    }
    if recent.sender_minute >= rates.sender_minute {
        return Err(TooFast::Sender { limit: rates.sender_minute, seconds: 60 });
    }
    if recent.recipient_minute >= rates.recipient_minute {
        return Err(TooFast::Recipient { limit: rates.recipient_minute });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_its_own_error() {
        let rates = Rates { sender_burst: 2, sender_minute: 4, recipient_minute: 8 };
        let recent = |sender_burst, sender_minute, recipient_minute| Recent {
            sender_burst,
            sender_minute,
            recipient_minute,
        };
        assert_eq!(check_rate(recent(1, 3, 7), rates), Ok(()));
        let burst = TooFast::Sender { limit: 2, seconds: 5 };
        assert_eq!(check_rate(recent(2, 2, 2), rates), Err(burst));
        let minute = TooFast::Sender { limit: 4, seconds: 60 };
        assert_eq!(check_rate(recent(0, 4, 4), rates), Err(minute));
        let recipient = TooFast::Recipient { limit: 8 };
        assert_eq!(check_rate(recent(0, 0, 8), rates), Err(recipient));
    }
}
