//! What each escape and control sequence means here: who gets it, what is remembered of it, what is asked.
//!
//! Only what the emulator understands reaches a viewer, besides a few modes that concern input alone. Otherwise a
//! viewer that is repainted and one that watched from the start would show different screens.

use super::csi::Csi;

/// What to do with a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Emulator and viewers get it as it is.
    Pass,
    /// Nobody gets it.
    Drop,
    /// The program asks something.
    Ask(Query),
    /// DECSET (`on`) or DECRST.
    PrivateModes { on: bool },
    /// SM (`on`) or RM.
    AnsiModes { on: bool },
    /// DECSTBM: the scroll region.
    Margins,
    /// DECSCUSR.
    CursorStyle,
    /// Push, pop or set kitty's keyboard flags.
    KittyFlags,
    /// xterm's modifyOtherKeys.
    ModifyOtherKeys,
    /// REP: the character before, again.
    Repeat,
    /// HTS.
    SetTab,
    /// TBC.
    ClearTab,
    /// Erases, inserts or deletes within the cursor's row, and may cut a wide character in two.
    Edit,
    /// ED 1: from the beginning to the cursor.
    EraseAbove,
    /// DECKPAM (`on`) or DECKPNM.
    Keypad { on: bool },
    /// Save the title.
    PushTitle,
    /// Take the saved title back.
    PopTitle,
    /// DECSTR.
    SoftReset,
    /// RIS.
    FullReset,
    /// DECALN: fill the screen with E.
    Alignment,
}

/// What a program can ask its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Query {
    /// DA1
    PrimaryAttributes,
    /// DA2
    SecondaryAttributes,
    /// XTVERSION
    Version,
    /// DSR 5
    Status,
    /// DSR 6
    Cursor,
    /// DECXCPR
    PrivateCursor,
    /// Light or dark.
    Theme,
    /// DECRQM, an ANSI mode.
    AnsiMode(u16),
    /// DECRQM, a private mode.
    PrivateMode(u16),
    /// The text area in pixels.
    AreaPixels,
    /// A cell in pixels.
    CellPixels,
    /// The text area in cells.
    AreaCells,
    /// The screen in cells.
    ScreenCells,
}

/// A control sequence.
pub(super) fn csi(csi: &Csi<'_>) -> Action {
    match (csi.marker, csi.intermediate, csi.last) {
        (0, 0, last) => plain(csi, last),
        (b'?', 0, last @ (b'h' | b'l')) => Action::PrivateModes { on: last == b'h' },
        (b'?', 0, b'n') => match csi.parameter_or(0, 0) {
            6 => Action::Ask(Query::PrivateCursor),
            996 => Action::Ask(Query::Theme),
            _ => Action::Drop,
        },
        (b'>', 0, b'c') if csi.parameter_or(0, 0) == 0 => Action::Ask(Query::SecondaryAttributes),
        (b'>', 0, b'q') if csi.parameter_or(0, 0) == 0 => Action::Ask(Query::Version),
        (b'>', 0, b'm') if csi.parameter_or(0, 0) == 4 => Action::ModifyOtherKeys,
        (b'<' | b'=' | b'>', 0, b'u') => Action::KittyFlags,
        (0, b'$', b'p') => Action::Ask(Query::AnsiMode(csi.parameter_or(0, 0))),
        (b'?', b'$', b'p') => Action::Ask(Query::PrivateMode(csi.parameter_or(0, 0))),
        (0, b'!', b'p') => Action::SoftReset,
        (0, b' ', b'q') => Action::CursorStyle,
        _ => Action::Drop,
    }
}

/// A control sequence without marker and intermediate.
fn plain(csi: &Csi<'_>, last: u8) -> Action {
    match last {
        b'J' if csi.parameter_or(0, 0) == 1 => Action::EraseAbove,
        // With more than one parameter: highlight tracking, which makes some terminals wait for an answer.
        b'T' if csi.count() > 1 => Action::Drop,
        // With parameters: left and right margins, which the emulator does not have.
        b's' | b'u' if csi.count() > 0 => Action::Drop,
        b'@' | b'J' | b'K' | b'P' | b'X' => Action::Edit,
        b'A'..=b'I' | b'L' | b'M' | b'S' | b'T' | b'Z' => Action::Pass,
        b'`' | b'a' | b'd' | b'e' | b'f' | b'm' | b's' | b'u' => Action::Pass,
        b'b' => Action::Repeat,
        b'c' if csi.parameter_or(0, 0) == 0 => Action::Ask(Query::PrimaryAttributes),
        b'g' => Action::ClearTab,
        b'h' | b'l' => Action::AnsiModes { on: last == b'h' },
        b'n' => match csi.parameter_or(0, 0) {
            5 => Action::Ask(Query::Status),
            6 => Action::Ask(Query::Cursor),
            _ => Action::Drop,
        },
        b'r' => Action::Margins,
        b't' => window(csi.parameter_or(0, 0)),
        _ => Action::Drop,
    }
}

/// Window operations: none may move or resize a person's window, or type its title into the agent.
fn window(operation: u16) -> Action {
    match operation {
        14 => Action::Ask(Query::AreaPixels),
        16 => Action::Ask(Query::CellPixels),
        18 => Action::Ask(Query::AreaCells),
        19 => Action::Ask(Query::ScreenCells),
        22 => Action::PushTitle,
        23 => Action::PopTitle,
        _ => Action::Drop,
    }
}

/// An escape sequence, without its ESC.
pub(super) fn escape(sequence: &[u8]) -> Action {
    match sequence {
        [b'7' | b'8' | b'D' | b'E' | b'M'] => Action::Pass,
        [b'('..=b'+', b'B' | b'0'] => Action::Pass,
        [b'='] => Action::Keypad { on: true },
        [b'>'] => Action::Keypad { on: false },
        [b'H'] => Action::SetTab,
        [b'Z'] => Action::Ask(Query::PrimaryAttributes),
        [b'c'] => Action::FullReset,
        [b'#', b'8'] => Action::Alignment,
        _ => Action::Drop,
    }
}
