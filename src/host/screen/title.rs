//! The window's title and the stack programs save it on.

/// Longest title kept, in bytes.
const MAX_TITLE: usize = 1024;
/// Most saved titles.
const MAX_SAVED: usize = 16;

/// The title in force; empty when there is none.
#[derive(Debug, Default)]
pub(super) struct Title {
    text: String,
    touched: bool,
    saved: Vec<String>,
}

impl Title {
    /// The title.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the program ever set one: then a terminal shows another than its own, even if it is empty now.
    pub fn is_touched(&self) -> bool {
        self.touched
    }

    /// Takes a new title, cut to 1 KiB.
    pub fn set(&mut self, text: &str) {
        self.touched = true;
        let text = text.trim();
        let end = (0..=MAX_TITLE.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        self.text = text[..end.unwrap_or(0)].to_owned();
    }

    /// No title and none saved (RIS).
    pub fn clear(&mut self) {
        self.text.clear();
        self.saved.clear();
    }

    /// `CSI 22 t`
    pub fn push(&mut self) {
        if self.saved.len() == MAX_SAVED {
            self.saved.remove(0);
        }
        self.saved.push(self.text.clone());
    }

    /// `CSI 23 t`; false if nothing was saved.
    pub fn pop(&mut self) -> bool {
        match self.saved.pop() {
            Some(text) => {
                self.text = text;
                true
            }
            None => false,
        }
    }
}
