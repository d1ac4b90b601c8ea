//! What comes out of the screen for bytes that went in.

/// One thing to do after feeding the screen; see [`Screen::feed`](super::Screen::feed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// For every viewer of the screen's size: whole characters and whole sequences, no queries.
    Viewers(Vec<u8>),
    /// For the viewer that was active last, and for no other: clipboard writes and notifications.
    ActiveViewer(Vec<u8>),
    /// For the pty: the answer to a query.
    Answer(Vec<u8>),
    /// For the host.
    Event(ScreenEvent),
}

/// Something the host may want to know; each at most once per feed, after the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScreenEvent {
    /// The title is now this; empty when the program took it back.
    Title(String),
    /// The program rang the bell, once or more.
    Bell,
    /// Some mode differs from before the feed.
    Modes,
    /// The alternate screen was left: a viewer may not know what lies behind it, so repaint every viewer after
    /// handling the whole result of this feed.
    LeftAlternate,
}
