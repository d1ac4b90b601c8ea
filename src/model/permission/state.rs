//! How a permission request stands.

/// From `open` to one of the others, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has answered it.
    Open,
    /// The agent was told yes.
    Allowed,
    /// The agent was told no.
    Denied,
    /// The dialog was left to whoever sits at the terminal, or has been answered there.
    Left,
}

impl State {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Left => "left",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Allowed, Self::Denied, Self::Left]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}
