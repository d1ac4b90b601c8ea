//! The keyboard flags of kitty's protocol, which programs push unasked: a stack per screen. The emulator does not
//! keep them, since this terminal does not say that it knows the protocol.

use std::io::Write;

/// Most entries kept; the protocol asks for a bound and to drop the oldest.
const MAX_DEPTH: usize = 16;

/// One screen's stack; what is on top is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KittyStack(Vec<u8>);

impl Default for KittyStack {
    fn default() -> Self {
        Self(vec![0])
    }
}

impl KittyStack {
    /// The flags in force.
    pub fn flags(&self) -> u8 {
        self.0.last().copied().unwrap_or(0)
    }

    /// `CSI > flags u`
    pub fn push(&mut self, flags: u8) {
        if self.0.len() > MAX_DEPTH {
            self.0.remove(0);
        }
        self.0.push(flags);
    }

    /// `CSI < count u`
    pub fn pop(&mut self, count: u16) {
        self.0.truncate(self.0.len().saturating_sub(usize::from(count)));
        if self.0.is_empty() {
            self.0.push(0);
        }
    }

    /// `CSI = flags ; how u`: 1 replaces, 2 adds, 3 takes away.
    pub fn set(&mut self, flags: u8, how: u16) {
        let Some(top) = self.0.last_mut() else { return };
        *top = match how {
            2 => *top | flags,
            3 => *top & !flags,
            _ => flags,
        };
    }

    /// What gives a terminal this stack, whatever it has.
    pub fn restore(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(RESET);
        let Some((base, rest)) = self.0.split_first() else { return };
        // Writing to a vector cannot fail.
        if *base != 0 {
            let _ = write!(out, "\x1b[={base}u");
        }
        for flags in rest {
            let _ = write!(out, "\x1b[>{flags}u");
        }
    }
}

/// Empties the stack of the screen that is shown.
pub(super) const RESET: &[u8] = b"\x1b[<99u\x1b[=0u";
