//! Long texts a page at a time: a client cuts long answers, and then nobody knows where.

use serde_json::{Map, Value};

/// Characters of a page, unless fewer are asked for.
const PAGE: usize = 20_000;

/// Puts the page of `text` from the character `offset` on into `answer` under `name`, and
/// `next_offset` where there is more.
pub(super) fn put(
    answer: &mut Map<String, Value>,
    name: &str,
    text: &str,
    offset: usize,
    limit: Option<usize>,
) {
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
    let page: String = text.chars().skip(offset).take(limit).collect();
    let end = offset.saturating_add(limit);
    if text.chars().nth(end).is_some() {
        answer.insert("next_offset".to_owned(), end.into());
    }
    answer.insert(name.to_owned(), page.into());
}

/// The begin of a text in one line, for lists.
pub(super) fn preview(text: &str, longest: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_add_up_to_the_text() {
        let text = "é漢x\n".repeat(11_111);
        let (mut whole, mut offset, mut pages) = (String::new(), 0, 0);
        loop {
            let mut answer = Map::new();
            put(&mut answer, "result", &text, offset, None);
            whole.push_str(answer["result"].as_str().unwrap());
            pages += 1;
            match answer.get("next_offset") {
                Some(next) => offset = usize::try_from(next.as_u64().unwrap()).unwrap(),
                None => break,
            }
        }
        assert_eq!((whole, pages), (text, 3));
    }

    #[test]
    fn a_preview_is_one_line() {
        assert_eq!(preview("a\n b   c", 10), "a b c");
        assert_eq!(preview("ééééé", 3), "ééé…");
    }
}
