//! Laws of the screen, on random programs: pieces do not matter, a repaint gives everything, a clipped view shows the
//! cells, nothing panics.

use proptest::prelude::*;

use super::cells::{Link, Row, Style, Width};
use super::emulator::{Emulator, Pen};
use super::modes::Modes;
use super::scanner::Scanner;
use super::terminal::Terminal;
use super::{Output, Screen, ScreenEvent, Size};

const SCROLLBACK: usize = 12;
const SMALL: Size = Size { cols: 14, rows: 6 };

/// All state that a viewer's terminal would have, in a form that can be read when it differs.
#[derive(Debug, PartialEq)]
struct State {
    rows: Vec<String>,
    pen: Pen,
    saved: Pen,
    margins: (u16, u16),
    modes: Modes,
    shifted: bool,
    kitty: super::kitty::KittyStack,
}

fn state(terminal: &Terminal) -> State {
    let history = i32::try_from(terminal.emulator.history()).unwrap();
    let rows = i32::from(terminal.emulator.size().rows);
    let plain = |mut pen: Pen| {
        pen.link = plain_link(pen.link);
        pen
    };
    State {
        rows: (-history..rows).map(|index| readable(&terminal.row(index))).collect(),
        pen: plain(terminal.emulator.pen()),
        saved: plain(terminal.emulator.saved_pen()),
        margins: terminal.margins,
        modes: terminal.modes,
        shifted: terminal.shifted,
        kitty: terminal.kitty().clone(),
    }
}

/// Every terminal numbers links without an id for itself.
fn plain_link(link: Option<Link>) -> Option<Link> {
    link.map(|mut link| {
        if link.id.ends_with("_alacritty") {
            link.id.clear();
        }
        link
    })
}

/// The cells as text. Whether a row goes on is left out, since the last row has no next one that could show it; so is
/// the reason for an empty last column.
fn readable(row: &Row) -> String {
    let mut text = String::new();
    for cell in row.cells.iter().filter(|cell| cell.width != Width::Spacer) {
        text.push(cell.character);
        text.push_str(&cell.marks);
        if cell.style != Style::default() {
            let mut sgr = Vec::new();
            super::sgr::parameters(&mut sgr, &cell.style);
            text.push_str(&format!("{{{}}}", String::from_utf8(sgr).unwrap()));
        }
        if let Some(link) = plain_link(cell.link.clone()) {
            text.push_str(&format!("{{{} {}}}", link.id, link.uri));
        }
    }
    text
}

struct Program {
    scanner: Scanner,
    terminal: Terminal,
}

impl Program {
    fn new(size: Size) -> Self {
        Self { scanner: Scanner::new(), terminal: Terminal::new(size, SCROLLBACK) }
    }

    fn feed(&mut self, bytes: &[u8]) -> Vec<Output> {
        let before = self.terminal.modes;
        self.scanner.scan(bytes, &mut self.terminal);
        self.terminal.finish(&before)
    }
}

/// The bytes of outputs by destination, and no events: how often those come depends on the pieces.
fn bytes(outputs: Vec<Output>) -> [Vec<u8>; 3] {
    let mut sums = [Vec::new(), Vec::new(), Vec::new()];
    for output in outputs {
        match output {
            Output::Viewers(bytes) => sums[0].extend(bytes),
            Output::ActiveViewer(bytes) => sums[1].extend(bytes),
            Output::Answer(bytes) => sums[2].extend(bytes),
            Output::Event(_) => {}
        }
    }
    sums
}

fn csi() -> impl Strategy<Value = Vec<u8>> {
    let parameters = prop_oneof![
        4 => "[0-9]{0,2}",
        4 => "[0-9]{1,2};[0-9]{1,2}",
        1 => "[0-9:;]{0,12}",
        1 => Just("65535;65535".to_owned()),
    ];
    (
        prop_oneof![6 => "", 2 => "\\?", 1 => "[<=>]"],
        parameters,
        prop_oneof![9 => "", 1 => "[ !$]"],
        0x40u8..0x7f,
    )
        .prop_map(|(marker, parameters, intermediate, last)| {
            let mut bytes = format!("\x1b[{marker}{parameters}{intermediate}").into_bytes();
            bytes.push(last);
            bytes
        })
}

/// What programs write, useful and not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let text = |text: &str| Just(text.as_bytes().to_vec());
    let mode = prop::sample::select(vec![
        1u16, 5, 6, 7, 12, 25, 45, 47, 66, 1000, 1002, 1003, 1004, 1006, 1007, 1047, 1048, 1049,
        2004, 2026, 2031,
    ]);
    prop_oneof![
        6 => "[a-z ]{1,20}".prop_map(String::into_bytes),
        3 => "[a-z日本語é\u{301}\u{200d}\u{1f600}│]{1,12}".prop_map(String::into_bytes),
        4 => prop::sample::select(vec![&b"\r\n"[..], b"\n", b"\r", b"\t", b"\x08", b"\x07", b"\x0e", b"\x0f"])
            .prop_map(<[u8]>::to_vec),
        8 => csi(),
        4 => (mode, any::<bool>())
            .prop_map(|(mode, on)| format!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }).into_bytes()),
        3 => "([0-9]|3[0-7]|4[0-7]|9[0-7]|4:[0-5]|38;5;[0-9]{1,2}|48;2;1;2;[0-9]{1,2}|58:5:[0-9])"
            .prop_map(|sgr| format!("\x1b[{sgr}m").into_bytes()),
        2 => (1u16..7, 1u16..9).prop_map(|(top, more)| format!("\x1b[{top};{}r", top + more).into_bytes()),
        2 => (1u16..8, 1u16..16).prop_map(|(row, col)| format!("\x1b[{row};{col}H").into_bytes()),
        2 => prop::sample::select(vec!["\x1b7", "\x1b8", "\x1bM", "\x1bD", "\x1bE", "\x1bH", "\x1b=", "\x1b>",
            "\x1b(0", "\x1b(B", "\x1b)0", "\x1b)B", "\x1bc", "\x1b#8", "\x1bZ", "\x1b[!p", "\x1b[3g", "\x1b[4h",
            "\x1b[20h", "\x1b[4l", "\x1b[>5u", "\x1b[<u", "\x1b[=3;2u", "\x1b[22t", "\x1b[23t"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop_oneof![
            text("\x1b]8;;http://a/\x07"), text("\x1b]8;id=x;http://b/\x1b\\"), text("\x1b]8;;\x1b\\"),
            text("\x1b]0;a title\x07"), text("\x1b]52;c;aGk=\x07"), text("\x1b]11;?\x07"), text("\x1b]11;#123456\x07"),
            text("\x1bP$qm\x1b\\"), text("\x1b_Gi=1;AAAA\x1b\\"), text("\x1b]unfinished"), text("\x1bP"),
        ],
        1 => prop::collection::vec(any::<u8>(), 1..12),
    ]
}

/// A program's output, shown with escapes when a test fails.
#[derive(Clone)]
struct Written(Vec<u8>);

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// What no repaint reaches in a viewer's terminal: tab stops that this program never changed, and the cursor saved on the
/// alternate screen while the main one is shown. Then some dirt again, for the soft reset in it.
const FORGET: &[u8] =
    b"\x1b[?1049h\x1b]8;;\x07\x1b[!p\x1b[?1049l\x1b[!p\x1b[3g\r\x1bH\x1b[9G\x1bH\x1b[17G\x1bH\
    \x1b[2;3r\x1b[?6h\x1b[4h\x1b(0\x0e\x1b[31;4m\x1b]8;;http://z/\x07\x1b[?25l\x1b[?7l";

/// A cursor outside the margins while positions count from there, as a restored one may be: no sequence moves to it.
fn cursor_is_out_of_reach(terminal: &Terminal) -> bool {
    let (row, _) = terminal.emulator.cursor();
    let (top, bottom) = terminal.margins;
    terminal.modes.origin && !(top..=bottom).contains(&row)
}

fn program() -> impl Strategy<Value = Written> {
    prop::collection::vec(piece().prop_map(Written), 0..60)
        .prop_map(|pieces| Written(pieces.into_iter().flat_map(|piece| piece.0).collect()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_do_not_matter(program in program(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let (mut whole, mut pieces) = (Program::new(SMALL), Program::new(SMALL));
        let expected = bytes(whole.feed(&program.0));
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(program.0.len() + 1)).collect();
        cuts.extend([0, program.0.len()]);
        cuts.sort_unstable();
        let outputs = cuts.windows(2).flat_map(|cut| pieces.feed(&program.0[cut[0]..cut[1]])).collect();
        prop_assert_eq!(bytes(outputs), expected);
        prop_assert_eq!(state(&whole.terminal), state(&pieces.terminal));
    }

    #[test]
    fn viewers_get_only_whole_and_harmless_bytes(program in program()) {
        let mut screen = Program::new(SMALL);
        let [viewers, _, answers] = bytes(screen.feed(&program.0));
        let text = String::from_utf8(viewers.clone());
        prop_assert!(text.is_ok());
        let has_c1 = text.unwrap().chars().any(|c| ('\u{7f}'..='\u{9f}').contains(&c));
        prop_assert!(!has_c1);
        prop_assert!(answers.is_ascii());
        // Given to another screen they bring no answers and change nothing on the way.
        let mut viewer = Program::new(SMALL);
        let [_, active, answers] = bytes(viewer.feed(&viewers));
        prop_assert!(active.is_empty() && answers.is_empty());
        prop_assert_eq!(state(&viewer.terminal).rows, state(&screen.terminal).rows);
    }

    #[test]
    fn a_repaint_gives_everything(before in program(), other in program(), after in program(),
        cols in 2u16..20, rows in 1u16..9) {
        let mut screen = Program::new(SMALL);
        screen.feed(&before.0);
        screen.terminal.resize(Size { cols, rows });
        screen.feed(b"\x18");
        prop_assume!(!cursor_is_out_of_reach(&screen.terminal));
        let size = screen.terminal.emulator.size();
        let mut viewer = Program::new(size);
        viewer.feed(&other.0);
        viewer.feed(b"\x18");
        viewer.feed(FORGET);
        viewer.feed(&screen.terminal.repaint());
        // What the viewer's terminal had set and this program never touched stays as it was.
        let settle = |state: &mut State| {
            state.modes.cursor_blink = None;
            state.modes.alternate_scroll = None;
        };
        let (mut left, mut right) = (state(&screen.terminal), state(&viewer.terminal));
        settle(&mut left);
        settle(&mut right);
        prop_assert_eq!(left, right);
        // Live bytes go on from there.
        let outputs = screen.feed(&after.0);
        let left_alternate = outputs.contains(&Output::Event(ScreenEvent::LeftAlternate));
        let [live, _, _] = bytes(outputs);
        viewer.feed(&live);
        if left_alternate {
            prop_assume!(!cursor_is_out_of_reach(&screen.terminal));
            viewer.feed(&screen.terminal.repaint());
        }
        let (mut left, mut right) = (state(&screen.terminal), state(&viewer.terminal));
        settle(&mut left);
        settle(&mut right);
        prop_assert_eq!(left.rows, right.rows);
        prop_assert_eq!(left.pen, right.pen);
        prop_assert_eq!(left.modes, right.modes);
    }

    #[test]
    fn a_clipped_view_shows_the_cells(program in program(), other in program(), cols in 2u16..30, rows in 1u16..12) {
        let mut screen = Program::new(SMALL);
        screen.feed(&program.0);
        screen.feed(b"\x18");
        let size = Size { cols, rows };
        let mut viewer = Program::new(size);
        viewer.feed(&other.0);
        viewer.feed(b"\x18");
        viewer.feed(&screen.terminal.clipped(size));
        let (cursor, _) = screen.terminal.emulator.cursor();
        let top = (cursor + 1).saturating_sub(rows);
        for line in 0..rows {
            let mut expected = Row::default();
            if top + line < SMALL.rows {
                expected = screen.terminal.row(i32::from(top + line));
                expected.cells.truncate(usize::from(cols));
                // A wide character cut by the edge is a blank.
                if let Some(last) = expected.cells.last_mut().filter(|cell| cell.width == Width::Wide) {
                    (last.character, last.width) = (' ', Width::Narrow);
                    last.marks.clear();
                }
            }
            let shown = viewer.terminal.row(i32::from(line));
            let used = expected.used();
            for (col, cell) in shown.cells.iter().enumerate() {
                if col < used {
                    let mut expected = expected.cells[col].clone();
                    if expected.width == Width::LeadingSpacer {
                        expected.width = Width::Narrow;
                    }
                    prop_assert_eq!(cell, &expected, "row {} column {}", line, col);
                } else {
                    prop_assert!(cell.is_blank(), "row {} column {}: {:?}", line, col, cell);
                }
            }
        }
        prop_assert!(viewer.terminal.modes.alternate);
        prop_assert_eq!(viewer.terminal.modes.mouse, super::Mouse::Off);
    }

    #[test]
    fn detaching_leaves_no_mode(program in program()) {
        let mut viewer = Program::new(SMALL);
        viewer.feed(&program.0);
        viewer.feed(b"\x18");
        viewer.feed(Screen::viewer_reset());
        let modes = viewer.terminal.modes;
        let expected = Modes {
            cursor_blink: modes.cursor_blink,
            alternate_scroll: modes.alternate_scroll,
            ..Modes::default()
        };
        prop_assert_eq!(modes, expected);
        prop_assert_eq!(viewer.terminal.margins, (0, SMALL.rows - 1));
        prop_assert_eq!(viewer.terminal.emulator.pen().style, Style::default());
        prop_assert_eq!(viewer.terminal.emulator.pen().link, None);
        prop_assert!(!viewer.terminal.shifted);
    }
}
