//! What each operating system command (OSC) means here.

/// Longest hyperlink passed on: longer ones would only fill memory, a copy per run of cells.
const MAX_LINK: usize = 2 * 1024;

/// What to do with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OscAction<'a> {
    /// Emulator and viewers get it.
    Pass,
    /// Nobody gets it.
    Drop,
    /// The viewer that was active last gets it.
    ActiveViewer,
    /// The title.
    Title(&'a str),
    /// A hyperlink that is too long: the one before ends all the same.
    CloseLink,
    /// Dynamic colours from `first` on, separated by `;`: each one a colour or `?`.
    Colors { first: u16, specs: &'a str },
    /// The dynamic colour gets its first value back.
    ResetColor(u16),
}

/// Decides by the command's number.
pub(super) fn osc(payload: &str) -> OscAction<'_> {
    let (number, rest) = payload.split_once(';').unwrap_or((payload, ""));
    let Ok(number) = number.parse::<u16>() else { return OscAction::Drop };
    match number {
        0 | 2 => OscAction::Title(rest),
        1 | 7 | 104 | 133 => OscAction::Pass,
        // The palette is set, not asked: every viewer has its own.
        4 if !rest.split(';').any(|part| part == "?") => OscAction::Pass,
        8 if payload.len() > MAX_LINK => OscAction::CloseLink,
        8 if rest.contains(';') => OscAction::Pass,
        22 if !rest.contains('?') => OscAction::Pass,
        10..=19 => OscAction::Colors { first: number, specs: rest },
        110..=119 => OscAction::ResetColor(number - 100),
        9 | 777 => OscAction::ActiveViewer,
        // `p=?` asks the terminal what it can do.
        99 if !rest.split(';').next().is_some_and(|head| head.contains("p=?")) => {
            OscAction::ActiveViewer
        }
        // The clipboard is written, never read.
        52 if rest.split_once(';').is_some_and(|(_, data)| data != "?") => OscAction::ActiveViewer,
        _ => OscAction::Drop,
    }
}
