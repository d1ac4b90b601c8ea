//! The colours a program can ask for and set: foreground, background, cursor (OSC 10, 11, 12).
//!
//! Asked, this terminal is dark: the viewers' real colours differ from one another and change under the agent.

use std::io::Write;

/// Light grey on near black; the cursor like the text.
const FIXED: [[u8; 3]; 3] = [[0xd8, 0xd8, 0xd8], [0x18, 0x18, 0x18], [0xd8, 0xd8, 0xd8]];
/// Longest colour kept: the forms in use have at most 25 characters.
const MAX_SPEC: usize = 64;

/// What a program set, by number: 10, 11, 12.
#[derive(Debug, Default)]
pub(super) struct DynamicColors([Slot; 3]);

#[derive(Debug, Default, Clone)]
enum Slot {
    #[default]
    Untouched,
    Set(String),
    Reset,
}

impl DynamicColors {
    /// OSC `number ; spec`; numbers beyond 12 are not kept.
    pub fn set(&mut self, number: u16, spec: &str) {
        if let Some(slot) = self.slot(number)
            && spec.len() <= MAX_SPEC
        {
            *slot = Slot::Set(spec.to_owned());
        }
    }

    /// OSC 110, 111, 112 for 10, 11, 12.
    pub fn reset(&mut self, number: u16) {
        if let Some(slot) = self.slot(number) {
            *slot = Slot::Reset;
        }
    }

    /// The colour in the form `rgb:rrrr/gggg/bbbb` for an answer; none for numbers that are not answered.
    pub fn answer(&self, number: u16) -> Option<String> {
        let index = usize::from(number.checked_sub(10)?);
        let [r, g, b] = match self.0.get(index)? {
            Slot::Set(spec) => parse(spec).unwrap_or(FIXED[index]),
            _ => FIXED[index],
        };
        Some(format!("rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}"))
    }

    /// What gives a terminal these colours.
    pub fn restore(&self, out: &mut Vec<u8>) {
        for (number, slot) in (10..).zip(&self.0) {
            // Writing to a vector cannot fail.
            let _ = match slot {
                Slot::Untouched => Ok(()),
                Slot::Set(spec) => write!(out, "\x1b]{number};{spec}\x1b\\"),
                Slot::Reset => write!(out, "\x1b]{}\x1b\\", number + 100),
            };
        }
    }

    fn slot(&mut self, number: u16) -> Option<&mut Slot> {
        self.0.get_mut(usize::from(number.checked_sub(10)?))
    }
}

/// `#rrggbb`, or `rgb:` with one to four digits for each part.
fn parse(spec: &str) -> Option<[u8; 3]> {
    if let Some(hex) = spec.strip_prefix('#') {
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 6)?;
        let [_, r, g, b] = value.to_be_bytes();
        return Some([r, g, b]);
    }
    let mut parts = spec.strip_prefix("rgb:")?.split('/').map(|part| {
        let value = u32::from_str_radix(part, 16).ok().filter(|_| part.len() <= 4)?;
        let most = (1u32 << (4 * part.len())) - 1;
        u8::try_from(value * 255 / most).ok()
    });
    Some([parts.next()??, parts.next()??, parts.next()??])
}
