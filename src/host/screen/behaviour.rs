//! What the host relies on, case by case.

use super::{Modes, Mouse, Output, Screen, ScreenEvent, Size};

fn screen() -> Screen {
    Screen::new(Size { cols: 20, rows: 5 }, 100)
}

fn viewers(outputs: &[Output]) -> String {
    let bytes = outputs.iter().filter_map(|output| match output {
        Output::Viewers(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Vec<_>>().concat()).unwrap()
}

/// Everything answered to `question` on a fresh screen; viewers must not see the question.
fn answer(question: &str) -> String {
    let outputs = screen().feed(question.as_bytes());
    assert_eq!(viewers(&outputs), "", "{question:?} must not reach viewers");
    let answers = outputs.iter().filter_map(|output| match output {
        Output::Answer(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    String::from_utf8(answers.collect::<Vec<_>>().concat()).unwrap()
}

#[test]
fn queries_are_answered() {
    let version = format!("\x1bP>|ao {}\x1b\\", env!("CARGO_PKG_VERSION"));
    for (question, expected) in [
        ("\x1b[c", "\x1b[?62;22c"),
        ("\x1b[0c", "\x1b[?62;22c"),
        ("\x1bZ", "\x1b[?62;22c"),
        ("\x1b[>c", "\x1b[>1;10;0c"),
        ("\x1b[>q", version.as_str()),
        ("\x1b[>0q", version.as_str()),
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[6n", "\x1b[1;1R"),
        ("\x1b[?6n", "\x1b[?1;1R"),
        ("\x1b[?996n", "\x1b[?997;1n"),
        ("\x1b]10;?\x07", "\x1b]10;rgb:d8d8/d8d8/d8d8\x07"),
        ("\x1b]11;?\x1b\\", "\x1b]11;rgb:1818/1818/1818\x1b\\"),
        ("\x1b]10;?;?\x07", "\x1b]10;rgb:d8d8/d8d8/d8d8\x07\x1b]11;rgb:1818/1818/1818\x07"),
        ("\x1b[?25$p", "\x1b[?25;1$y"),
        ("\x1b[?2004$p", "\x1b[?2004;2$y"),
        ("\x1b[?2026$p", "\x1b[?2026;2$y"),
        ("\x1b[?1016$p", "\x1b[?1016;0$y"),
        ("\x1b[?2027$p", "\x1b[?2027;0$y"),
        ("\x1b[4$p", "\x1b[4;2$y"),
        ("\x1b[18t", "\x1b[8;5;20t"),
        ("\x1b[14t", "\x1b[4;80;160t"),
        ("\x1b[16t", "\x1b[6;16;8t"),
        ("\x1bP$q q\x1b\\", "\x1bP1$r0 q\x1b\\"),
        ("\x1bP$qr\x1b\\", "\x1bP1$r1;5r\x1b\\"),
        ("\x1bP$qm\x1b\\", "\x1bP1$r0m\x1b\\"),
        ("\x1bP+q4d73\x1b\\", "\x1bP0+r\x1b\\"),
    ] {
        assert_eq!(answer(question), expected, "{question:?}");
    }
}

#[test]
fn what_is_not_answered_is_not_passed_on_either() {
    for question in [
        "\x1b[?u",
        "\x1b[?4m",
        "\x1b]52;c;?\x07",
        "\x1b]4;1;?\x07",
        "\x1b_Gi=31,a=q;AAAA\x1b\\",
        "\x1b[21t",
        "\x05",
        "\x1b[?1;1;0S",
        "\x1b[=c",
        "\x1b]99;i=1:p=?;\x1b\\",
        "\x1b[?2048h",
        "\x1b[1$w",
        "\x1b[x",
        "\x1bPtmux;\x1b\\",
    ] {
        assert_eq!(answer(question), "", "{question:?}");
    }
}

#[test]
fn the_cursor_is_told_as_of_the_question() {
    let mut screen = screen();
    let outputs = screen.feed(b"ab\r\ncd\x1b[6nefgh\x1b[6n");
    assert_eq!(outputs[0], Output::Viewers(b"ab\r\ncd".to_vec()));
    assert_eq!(outputs[1], Output::Answer(b"\x1b[2;3R".to_vec()));
    assert_eq!(outputs[2], Output::Viewers(b"efgh".to_vec()));
    assert_eq!(outputs[3], Output::Answer(b"\x1b[2;7R".to_vec()));
}

#[test]
fn the_cursor_counts_from_the_margin_in_origin_mode() {
    let outputs = screen().feed(b"\x1b[2;4r\x1b[?6h\x1b[2;3H\x1b[6n");
    assert!(outputs.contains(&Output::Answer(b"\x1b[2;3R".to_vec())), "{outputs:?}");
}

#[test]
fn nothing_unfinished_is_handed_on() {
    for (begin, end) in [
        ("\u{65e5}", None),
        ("\x1b[38;5;1m", None),
        ("\x1b]0;title\x1b\\", Some("\x1b]2;title\x1b\\")),
        ("\x1b(0", None),
    ] {
        let mut screen = screen();
        let (last, first) = begin.as_bytes().split_last().unwrap();
        for byte in first {
            assert_eq!(screen.feed(&[*byte]), [], "{begin:?}");
        }
        assert_eq!(viewers(&screen.feed(&[*last])), end.unwrap_or(begin));
    }
}

#[test]
fn controls_that_some_terminals_obey_are_taken_out_of_text() {
    // A CSI of one character (U+009B), bytes that are no UTF-8, controls in a title.
    assert_eq!(viewers(&screen().feed(b"a\xc2\x9b6nb")), "a6nb");
    assert_eq!(viewers(&screen().feed(b"a\x9b6n\xffb\xe6\x97")), "a\u{fffd}6n\u{fffd}b");
    assert_eq!(viewers(&screen().feed(b"\x1b]2;a\xc2\x9cb\ncd\x07")), "\x1b]2;abcd\x1b\\");
}

#[test]
fn endless_strings_are_thrown_away() {
    for introducer in ["\x1b]0;", "\x1b]52;c;", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1bk"] {
        let mut screen = screen();
        screen.feed(introducer.as_bytes());
        for _ in 0..40 {
            assert_eq!(screen.feed("A".repeat(64 * 1024).as_bytes()), []);
        }
        let end: &[u8] =
            if introducer.starts_with("\x1b]") { b"\x07shown" } else { b"\x1b\\shown" };
        assert_eq!(viewers(&screen.feed(end)), "shown", "{introducer:?}");
    }
    let mut screen = screen();
    screen.feed(b"\x1b[");
    screen.feed("1".repeat(100_000).as_bytes());
    assert_eq!(viewers(&screen.feed(b"mshown")), "shown");
}

#[test]
fn clipboard_and_notifications_go_to_one_viewer() {
    for command in [
        "\x1b]52;c;aGVsbG8=\x07",
        "\x1b]9;done\x1b\\",
        "\x1b]99;i=1;done\x1b\\",
        "\x1b]777;notify;a;b\x07",
    ] {
        let outputs = screen().feed(command.as_bytes());
        assert_eq!(outputs, [Output::ActiveViewer(command.as_bytes().to_vec())]);
    }
    let mut large = b"\x1b]52;c;".to_vec();
    large.resize(900 * 1024, b'A');
    large.push(7);
    assert_eq!(screen().feed(&large), [Output::ActiveViewer(large)]);
}

#[test]
fn modes_are_followed() {
    let mut screen = screen();
    let outputs = screen.feed(b"\x1b[?1049h\x1b[?1;1000;1002;1003;1004;1006;2004h\x1b[?25l\x1b[>7u\x1b[>4;2m\x1b=\x1b[5 q");
    assert!(outputs.contains(&Output::Event(ScreenEvent::Modes)));
    let expected = Modes {
        alternate: true,
        application_cursor: true,
        mouse: Mouse::Motion,
        mouse_encoding: super::MouseEncoding::Sgr,
        focus_events: true,
        bracketed_paste: true,
        cursor_visible: false,
        kitty_flags: 7,
        modify_other_keys: 2,
        application_keypad: true,
        cursor_style: 5,
        ..Modes::default()
    };
    assert_eq!(screen.modes(), expected);
    assert_eq!(screen.snapshot(false, 0).modes, expected);
    assert!(!screen.feed(b"\x1b[?2004h").contains(&Output::Event(ScreenEvent::Modes)));
    screen.feed(b"\x1bc");
    assert_eq!(screen.modes(), Modes::default());
}

#[test]
fn leaving_the_alternate_screen_asks_for_a_repaint() {
    let mut screen = screen();
    screen.feed(b"behind\x1b[?1049h\x1b[Hfront");
    assert_eq!(screen.row_text(0), "front");
    let outputs = screen.feed(b"\x1b[?1049l");
    assert_eq!(outputs.last(), Some(&Output::Event(ScreenEvent::LeftAlternate)));
    assert_eq!(screen.row_text(0), "behind");
    assert_eq!(screen.feed(b"\x1b[?1049l").last(), Some(&Output::Viewers(b"\x1b[?1049l".to_vec())));
}

#[test]
fn older_names_of_the_alternate_screen_are_understood() {
    let mut screen = screen();
    for on in ["\x1b[?47h", "\x1b[?1047h"] {
        assert_eq!(viewers(&screen.feed(on.as_bytes())), "\x1b[?1049h");
        assert!(screen.modes().alternate);
        screen.feed(b"\x1b[?1049l");
    }
}

#[test]
fn titles_are_told_saved_and_restored() {
    let mut screen = screen();
    let title = |text: &str| Output::Event(ScreenEvent::Title(text.to_owned()));
    assert!(screen.feed(b"\x1b]0;one\x07").contains(&title("one")));
    let outputs = screen.feed(b"\x1b[22;0t\x1b]2;two\x1b\\\x1b[23;0t");
    assert!(outputs.contains(&title("one")), "{outputs:?}");
    assert_eq!(viewers(&outputs), "\x1b]2;two\x1b\\\x1b]2;one\x1b\\");
    assert_eq!(screen.snapshot(false, 0).title, "one");
    assert!(screen.repaint().windows(9).any(|bytes| bytes == b"\x1b]2;one\x1b\\"));
}

#[test]
fn bells_ring_once_per_feed() {
    let outputs = screen().feed(b"a\x07\x07b");
    assert_eq!(
        outputs,
        [Output::Viewers(b"a\x07\x07b".to_vec()), Output::Event(ScreenEvent::Bell)]
    );
}

#[test]
fn repeats_are_written_out_and_bounded() {
    let mut screen = screen();
    assert_eq!(viewers(&screen.feed("é\x1b[3b".as_bytes())), "éééé");
    assert_eq!(viewers(&screen.feed(b"\x1b[65535b")).chars().count(), 100);
}

#[test]
fn marks_on_a_cell_are_bounded() {
    let mut screen = screen();
    screen.feed("e".as_bytes());
    for _ in 0..100 {
        screen.feed("\u{301}".repeat(2000).as_bytes());
    }
    screen.feed(b"x");
    assert_eq!(screen.row_text(0), format!("e{}x", "\u{301}".repeat(16)));
}

#[test]
fn erasing_above_clears_the_first_row_too() {
    let mut screen = screen();
    screen.feed(b"first\r\nsecond\x1b[1J");
    assert_eq!((screen.row_text(0), screen.row_text(1)), (String::new(), String::new()));
}

#[test]
fn snapshots_hold_scrollback_and_attributes() {
    let mut screen = screen();
    for number in 0..10 {
        screen.feed(format!("\x1b[3{};4:3mline {number}\x1b[m \r\n", number % 8).as_bytes());
    }
    screen.feed("日本".as_bytes());
    let snapshot = screen.snapshot(false, 3);
    assert_eq!(snapshot.scrollback, 3);
    assert_eq!(
        snapshot.lines,
        ["line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "line 9", "日本"]
    );
    assert_eq!((snapshot.cursor.row, snapshot.cursor.col, snapshot.cursor.visible), (4, 4, true));
    assert_eq!(screen.snapshot(true, 0).lines[3], "\x1b[0;4:3;31mline 9\x1b[0m");
    assert_eq!(screen.snapshot(true, 1000).scrollback, 6);
    let json = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<super::Snapshot>(&json).unwrap(), snapshot);
}

#[test]
fn sizes_are_kept_within_bounds() {
    let mut screen = Screen::new(Size { cols: 0, rows: 0 }, 0);
    assert_eq!(screen.size(), Size { cols: 2, rows: 1 });
    screen.feed("日本語\r\n\x1b[9;9Hx".as_bytes());
    screen.resize(Size { cols: u16::MAX, rows: u16::MAX });
    assert_eq!(screen.size(), Size { cols: 1000, rows: 500 });
    screen.repaint();
    screen.clipped(Size { cols: 1, rows: 1 });
    assert_eq!(screen.row_text(u16::MAX), "");
}

/// A row that goes on in the next is given to the viewer's terminal as one line, so that it can wrap it anew.
#[test]
fn a_repaint_lets_the_viewer_wrap_anew() {
    let mut screen = screen();
    screen.feed(
        "0123456789abcdefghijklmnopqrstuvwxyz0123456\r\n日本語日本語日本語日本語\r\n".as_bytes(),
    );
    let mut viewer = Screen::new(screen.size(), 100);
    viewer.feed(b"earlier text\r\n\r\n");
    viewer.feed(&screen.repaint());
    for cols in [13, 40, 9, 60] {
        screen.resize(Size { cols, rows: 5 });
        viewer.resize(Size { cols, rows: 5 });
        assert_eq!(screen.snapshot(true, 100), viewer.snapshot(true, 100), "{cols} columns");
    }
}

#[test]
fn a_soft_reset_keeps_text_and_place() {
    let mut screen = screen();
    screen.feed(b"text\x1b[2;4r\x1b[?6h\x1b[31;4h\x1b[3;5H\x1b[4h\x1b[!p");
    let snapshot = screen.snapshot(true, 0);
    assert_eq!((snapshot.cursor.row, snapshot.cursor.col), (3, 4));
    assert_eq!(snapshot.modes, Modes::default());
    assert_eq!(snapshot.lines[0], "text");
}

/// Long text of characters of several lengths, given at once and a byte at a time.
#[test]
fn long_text_loses_no_character() {
    let text: String =
        (0..3000).map(|n| ["é", "→", "x\u{301}", "日", "\u{1f600}", "-"][n % 6]).collect();
    let (mut whole, mut bytes) = (screen(), screen());
    whole.feed(text.as_bytes());
    text.bytes().for_each(|byte| drop(bytes.feed(&[byte])));
    let lines = whole.snapshot(false, 1000).lines;
    assert_eq!(lines, bytes.snapshot(false, 1000).lines);
    assert!(text.ends_with(lines.concat().as_str()));
}

#[test]
fn a_repaint_brings_tab_stops_and_the_saved_cursor() {
    let mut screen = screen();
    screen.feed(b"\x1b[3g\x1b[5G\x1bH\x1b[3;7H\x1b[32m\x1b(0\x1b7\x1b(B\x1b[m\x1b[H");
    let mut viewer = Screen::new(screen.size(), 100);
    viewer.feed(&screen.repaint());
    for half in ["\ttab", "\x1b8q"] {
        screen.feed(half.as_bytes());
        viewer.feed(half.as_bytes());
    }
    assert_eq!(viewer.snapshot(true, 0), screen.snapshot(true, 0));
    assert_eq!((screen.row_text(0).as_str(), screen.row_text(2).as_str()), ("    tab", "      ─"));
}
