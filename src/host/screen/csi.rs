//! The parts of a control sequence.

/// Most parameters, sub-parameters included; the emulator ignores a sequence with more, so nobody gets it.
const MAX_PARAMETERS: usize = 32;

/// A control sequence without its introducer `ESC [`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Csi<'a> {
    /// All of it, the final byte included.
    pub raw: &'a [u8],
    /// `<`, `=`, `>`, `?` or 0.
    pub marker: u8,
    /// Bytes from space to `/` before the final byte; 0 when there is none. Two are never in use here.
    pub intermediate: u8,
    /// The final byte.
    pub last: u8,
    parameters: &'a [u8],
}

impl<'a> Csi<'a> {
    /// Takes a sequence apart; none if it breaks the grammar or has more than the emulator takes.
    pub fn parse(raw: &'a [u8]) -> Option<Self> {
        let (&last, inside) = raw.split_last()?;
        let marker = inside.first().copied().filter(|b| (b'<'..=b'?').contains(b)).unwrap_or(0);
        let inside = if marker == 0 { inside } else { &inside[1..] };
        let is_parameter = |b: &u8| b.is_ascii_digit() || matches!(*b, b';' | b':');
        let end = inside.iter().position(|b| !is_parameter(b)).unwrap_or(inside.len());
        let (parameters, intermediates) = inside.split_at(end);
        let intermediate = match intermediates {
            [] => 0,
            [one @ b' '..=b'/'] => *one,
            _ => return None,
        };
        let separators = parameters.iter().filter(|b| !b.is_ascii_digit()).count();
        (separators < MAX_PARAMETERS).then_some(Self {
            raw,
            marker,
            intermediate,
            last,
            parameters,
        })
    }

    /// The parameters in order; an absent one is 0, of one with sub-parameters the first counts.
    pub fn parameters(&self) -> impl Iterator<Item = u16> + 'a {
        self.parameters.split(|b| *b == b';').map(|text| {
            let digits = text.iter().take_while(|b| b.is_ascii_digit());
            digits.fold(0u16, |number, digit| {
                number.saturating_mul(10).saturating_add(u16::from(digit - b'0'))
            })
        })
    }

    /// The parameter at `index`, or `default` where it is absent or 0.
    pub fn parameter_or(&self, index: usize, default: u16) -> u16 {
        self.parameters().nth(index).filter(|number| *number != 0).unwrap_or(default)
    }

    /// How many parameters are written.
    pub fn count(&self) -> usize {
        if self.parameters.is_empty() { 0 } else { self.parameters().count() }
    }
}
