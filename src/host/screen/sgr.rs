//! Attributes as bytes: SGR and the hyperlink that goes with them.

use std::io::Write;

use super::cells::{Color, Link, Style, Underline};

/// Follows what the receiving terminal has, and writes only changes.
#[derive(Default)]
pub(super) struct Brush {
    style: Style,
    link: Option<Link>,
}

impl Brush {
    /// Makes what follows have this style.
    pub fn style(&mut self, out: &mut Vec<u8>, style: &Style) {
        if self.style != *style {
            self.style = *style;
            out.extend_from_slice(b"\x1b[");
            parameters(out, style);
            out.push(b'm');
        }
    }

    /// Makes what follows belong to this link, or to none.
    pub fn link(&mut self, out: &mut Vec<u8>, link: Option<&Link>) {
        if self.link.as_ref() == link {
            return;
        }
        self.link = link.cloned();
        match link {
            Some(link) => {
                out.extend_from_slice(b"\x1b]8;id=");
                out.extend_from_slice(link.id.as_bytes());
                out.push(b';');
                out.extend_from_slice(link.uri.as_bytes());
                out.extend_from_slice(b"\x1b\\");
            }
            None => out.extend_from_slice(b"\x1b]8;;\x1b\\"),
        }
    }

    /// No attributes, no link: what a terminal clears and scrolls with.
    pub fn clear(&mut self, out: &mut Vec<u8>) {
        self.style(out, &Style::default());
        self.link(out, None);
    }
}

/// SGR parameters that give exactly `style` from any state: they begin with a reset.
pub(super) fn parameters(out: &mut Vec<u8>, style: &Style) {
    out.push(b'0');
    let flags: [(bool, &[u8]); 6] = [
        (style.bold, b";1"),
        (style.dim, b";2"),
        (style.italic, b";3"),
        (style.inverse, b";7"),
        (style.hidden, b";8"),
        (style.strike, b";9"),
    ];
    flags.iter().filter(|(on, _)| *on).for_each(|(_, code)| out.extend_from_slice(code));
    out.extend_from_slice(match style.underline {
        Underline::None => b"",
        Underline::Single => b";4",
        Underline::Double => b";4:2",
        Underline::Curly => b";4:3",
        Underline::Dotted => b";4:4",
        Underline::Dashed => b";4:5",
    });
    ground(out, style.foreground, 30);
    ground(out, style.background, 40);
    // With colons: a terminal without underline colours then skips all of it instead of reading `5` as blinking.
    let _ = match style.underline_color {
        Color::Default => Ok(()),
        Color::Ansi(index) | Color::Indexed(index) => write!(out, ";58:5:{index}"),
        Color::Rgb(r, g, b) => write!(out, ";58:2::{r}:{g}:{b}"),
    };
}

/// A foreground (`base` 30) or background (`base` 40).
fn ground(out: &mut Vec<u8>, color: Color, base: u8) {
    // Writing to a vector cannot fail.
    let _ = match color {
        Color::Default => Ok(()),
        Color::Ansi(index @ 0..8) => write!(out, ";{}", base + index),
        Color::Ansi(index) => write!(out, ";{}", base + 52 + index),
        Color::Indexed(index) => write!(out, ";{};5;{index}", base + 8),
        Color::Rgb(r, g, b) => write!(out, ";{};2;{r};{g};{b}", base + 8),
    };
}
