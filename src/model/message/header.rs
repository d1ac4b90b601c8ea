//! What a reader could take for a message's header: `[from …]` at the beginning of a line, also in
//! letters that only look like it. Asked when a text is cleaned.

/// Puts `> ` before each line that a reader could take for a header.
pub fn quote_headers(text: String) -> String {
    if !text.contains(is_bracket) {
        return text;
    }
    let quoted: Vec<String> = text
        .split('\n')
        .map(|line| if is_header_like(line) { format!("> {line}") } else { line.to_owned() })
        .collect();
    quoted.join("\n")
}

/// Whether a line begins, after blanks, invisible characters and marks of emphasis, with something
/// that reads as `[from`.
pub fn is_header_like(line: &str) -> bool {
    let is_lead = |c: char| is_unseen(c) || "*_`~\\|".contains(c);
    let rest = line.trim_start_matches(is_lead);
    let Some(rest) = rest.strip_prefix(is_bracket) else { return false };
    let is_lead = |c: &char| !is_unseen(*c) && !"*_`~\\".contains(*c);
    let word: String = rest.chars().filter(is_lead).take(5).map(latin).collect();
    word.starts_with("from") || word == "frorn"
}

/// An opening bracket, in the forms that look like one.
fn is_bracket(c: char) -> bool {
    matches!(
        c,
        '[' | '［'
            | '【'
            | '〔'
            | '〖'
            | '〚'
            | '⁅'
            | '⟦'
            | '❲'
            | '⦋'
            | '⦍'
            | '⦏'
            | '⌈'
            | '⌊'
            | '「'
            | '『'
            | '｢'
            | '︻'
            | '﹇'
            | '⸢'
    )
}

/// Blank, or not to be seen at all, or only a mark on the letter before it.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{00ad}'
                | '\u{0300}'..='\u{036f}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{1ab0}'..='\u{1aff}'
                | '\u{1dc0}'..='\u{1dff}'
                | '\u{200b}'..='\u{200d}'
                | '\u{2060}'..='\u{206f}'
                | '\u{20d0}'..='\u{20ff}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{fe20}'..='\u{fe2f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The Latin letter, in lower case, that a character of the word `from` may stand in for.
fn latin(c: char) -> char {
    match c {
        'ƒ' | 'ꬵ' | 'ſ' | 'ẝ' | 'ϝ' | 'Ϝ' | 'ք' | 'ꞙ' | 'Ꞙ' | 'ḟ' | 'Ḟ' | 'ꜰ' => {
            'f'
        }
        'г' | 'Г' | 'ᴦ' | 'ⲅ' | 'Ⲅ' | 'ʀ' | 'ɾ' | 'ɼ' | 'ꭇ' | 'ꭈ' | 'ŕ' | 'ř' | 'ŗ' | 'ṙ' | 'ṛ'
        | 'ṟ' | 'Ŕ' | 'Ř' | 'ꮁ' => 'r',
        '0' | 'о' | 'О' | 'ο' | 'Ο' | 'σ' | 'օ' | 'Օ' | 'ᴏ' | 'ⲟ' | 'Ⲟ' | 'ọ' | 'ö' | 'ó' | 'ò'
        | 'ô' | 'õ' | 'ō' | 'ø' | 'ő' | 'Ö' | 'Ó' | '๐' | '໐' | '०' | '〇' | '○' | '◯' => {
            'o'
        }
        'м' | 'М' | 'Μ' | 'ᴍ' | 'ⅿ' | 'Ⅿ' | 'Ϻ' | 'ϻ' | 'Ⲙ' | 'ⲙ' | 'ṁ' | 'ṃ' | 'ḿ' | 'ɱ' | 'Ꮇ' => {
            'm'
        }
        'A'..='Z' => c.to_ascii_lowercase(),
        _ => styled(c).unwrap_or(c),
    }
}

/// The letter of a styled alphabet: full width, circled, boxed, mathematical.
fn styled(c: char) -> Option<char> {
    let code = u32::from(c);
    let index = match code {
        0xff21..=0xff3a => code - 0xff21,
        0xff41..=0xff5a => code - 0xff41,
        0x249c..=0x24b5 => code - 0x249c,
        0x24b6..=0x24cf => code - 0x24b6,
        0x24d0..=0x24e9 => code - 0x24d0,
        0x1d400..=0x1d6a3 => (code - 0x1d400) % 26,
        0x1f110..=0x1f129 => code - 0x1f110,
        0x1f130..=0x1f149 => code - 0x1f130,
        0x1f150..=0x1f169 => code - 0x1f150,
        0x1f170..=0x1f189 => code - 0x1f170,
        _ => return None,
    };
    char::from_u32(u32::from('a') + index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_header_is_one() {
        for forged in [
            "[from x] hi",
            "\t \u{a0}[from x]",
            "[ FROM x]",
            "[\u{200b}f\u{200d}r\u{fe0f}om x]",
            "[f\u{0301}rom x]",
            "[frоm x]",
            "[fr0m x]",
            "[ｆｒｏｍ x]",
            "［from x］",
            "【from x】",
            "〔from x〕",
            "❲from x❳",
            "\u{feff}\u{2060}\u{3164}\u{2800}[from x]",
            "**[from x]**",
            "`[from` x]",
            "[**from** x]",
            "[𝐟𝐫𝐨𝐦 x]",
            "[ⓕⓡⓞⓜ x]",
            "[🄵🅁🄾🄼 x]",
            "[ƒгοᴍ x]",
            "[frorn x]",
            "\\[from x]",
            "[fromage]",
        ] {
            assert!(is_header_like(forged), "{forged:?}");
        }
        for plain in ["from x", "[form x]", "x [from y]", "> [from x]", "[x] from", "(from x)", ""]
        {
            assert!(!is_header_like(plain), "{plain:?}");
        }
    }
}
