//! The promise of the screen: a viewer that attaches at any moment sees what one that watched from the start sees, now
//! and from then on. Checked with recorded programs and a terminal of its own, not with the code under test.

use std::time::{Duration, Instant};

use alacritty_terminal::Term;
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::{Config, TermMode};
use alacritty_terminal::vte::ansi::{Processor, Timeout};
use ao::host::screen::{Output, Screen, ScreenEvent, Size};

const STREAMS: [(&str, &[u8]); 7] = [
    ("vim", include_bytes!("streams/vim.bin")),
    ("less", include_bytes!("streams/less.bin")),
    ("bash", include_bytes!("streams/bash.bin")),
    ("fullscreen", include_bytes!("streams/fullscreen.bin")),
    ("claude", include_bytes!("streams/claude.bin")),
    ("codex", include_bytes!("streams/codex.bin")),
    ("opencode", include_bytes!("streams/opencode.bin")),
];
const SIZE: Size = Size { cols: 120, rows: 40 };
const SCROLLBACK: usize = 300;

/// A person's terminal.
struct Viewer {
    term: Term<VoidListener>,
    parser: Processor<AtOnce>,
}

/// Draws during synchronised updates too, so that there is something to compare.
#[derive(Default)]
struct AtOnce;

impl Timeout for AtOnce {
    fn set_timeout(&mut self, _: Duration) {}
    fn clear_timeout(&mut self) {}
    fn pending_timeout(&self) -> bool {
        false
    }
}

struct Dims(Size);

impl Dimensions for Dims {
    fn total_lines(&self) -> usize {
        usize::from(self.0.rows)
    }
    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows)
    }
    fn columns(&self) -> usize {
        usize::from(self.0.cols)
    }
}

impl Viewer {
    fn new(size: Size) -> Self {
        let config =
            Config { scrolling_history: SCROLLBACK, kitty_keyboard: true, ..Config::default() };
        Self { term: Term::new(config, &Dims(size), VoidListener), parser: Processor::new() }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.term, bytes);
    }

    /// What the host does with the result of a feed.
    fn follow(&mut self, outputs: &[Output], screen: &Screen) {
        for output in outputs {
            if let Output::Viewers(bytes) = output {
                self.take(bytes);
            }
        }
        if outputs.contains(&Output::Event(ScreenEvent::LeftAlternate)) {
            self.take(&screen.repaint());
        }
    }

    /// All that can be seen or will matter later, one string per fact.
    fn facts(&self) -> Vec<String> {
        let grid = self.term.grid();
        let mut facts = Vec::new();
        let history = i32::try_from(grid.history_size()).unwrap();
        for line in -history..i32::try_from(grid.screen_lines()).unwrap() {
            let row = &grid[Line(line)];
            let cells: Vec<Cell> =
                (0..grid.columns()).map(|col| row[Column(col)].clone()).collect();
            facts.push(format!("row {line}: {}", row_facts(&cells)));
        }
        for (name, cursor) in [("cursor", &grid.cursor), ("saved", &grid.saved_cursor)] {
            facts.push(format!(
                "{name} {:?} wrap {} pen {} charsets {:?}",
                cursor.point,
                cursor.input_needs_wrap,
                cell_facts(&cursor.template),
                cursor.charsets,
            ));
        }
        facts.push(format!("modes {:?}", *self.term.mode() & !TermMode::URGENCY_HINTS));
        facts.push(format!("cursor style {:?}", self.term.cursor_style()));
        facts
    }
}

/// A tab and a space look alike, and half a wide character is a blank wherever it is drawn.
fn row_facts(cells: &[Cell]) -> String {
    let mut text = String::new();
    let wide = |col: usize| cells.get(col).is_some_and(|c| c.flags.contains(Flags::WIDE_CHAR));
    let spacer =
        |col: usize| cells.get(col).is_some_and(|c| c.flags.contains(Flags::WIDE_CHAR_SPACER));
    for (col, cell) in cells.iter().enumerate() {
        let mut cell = cell.clone();
        if wide(col) && !spacer(col + 1) || spacer(col) && !(col > 0 && wide(col - 1)) {
            cell.clear_wide();
            cell.flags.remove(Flags::WIDE_CHAR_SPACER);
        }
        cell.flags.remove(Flags::LEADING_WIDE_CHAR_SPACER | Flags::WRAPLINE);
        text.push_str(&cell_facts(&cell));
    }
    text
}

fn cell_facts(cell: &Cell) -> String {
    let default = Cell::default();
    let character = if cell.c == '\t' { ' ' } else { cell.c };
    let mut text = character.to_string();
    text.extend(cell.zerowidth().unwrap_or_default());
    if (cell.fg, cell.bg, cell.flags) != (default.fg, default.bg, default.flags) {
        text.push_str(&format!("{{{:?} {:?} {:?}}}", cell.fg, cell.bg, cell.flags));
    }
    if let Some(color) = cell.underline_color() {
        text.push_str(&format!("{{{color:?}}}"));
    }
    if let Some(link) = cell.hyperlink() {
        text.push_str(&format!("{{{}}}", link.uri()));
    }
    text
}

fn assert_same(left: &Viewer, right: &Viewer, what: &str) {
    let (left, right) = (left.facts(), right.facts());
    let differing = left.iter().zip(&right).find(|(left, right)| left != right);
    if let Some((left, right)) = differing {
        let name = left.split_once(':').map_or("", |(name, _)| name);
        let same = left.chars().zip(right.chars()).take_while(|(l, r)| l == r).count();
        let part = |text: &str| -> String {
            text.chars().skip(same.saturating_sub(100)).take(300).collect()
        };
        panic!("{what}, {name}:\nwatched: {}\n   late: {}", part(left), part(right));
    }
    assert_eq!(left.len(), right.len(), "{what}: rows");
}

/// A small generator, so that a failure can be run again.
struct Random(u64);

impl Random {
    /// Seeded by the environment (`AO_TEST_SEED`) or by chance.
    fn new() -> Self {
        use std::hash::{BuildHasher, Hasher, RandomState};
        let given = std::env::var("AO_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        Self(given.unwrap_or_else(|| RandomState::new().build_hasher().finish()) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}

/// A terminal nobody set up for us: on the other screen, with modes, margins and colours of another program.
fn used_terminal(alternate: bool) -> Viewer {
    let mut viewer = Viewer::new(SIZE);
    viewer
        .take(b"someone's shell\r\nprompt\x1b[31;1;4m\x1b[5;9r\x1b[?6h\x1b[4h\x1b[?1h\x1b[?1003h");
    viewer.take(
        b"\x1b[?1006h\x1b(0\x0e\x1b[?2004h\x1b[>15u\x1b]8;;http://other/\x07\x1b[6 q\x1b[?25l",
    );
    if alternate {
        viewer.take(b"\x1b[?1049hother screen\x1b[>3u");
    }
    viewer
}

#[test]
fn late_viewers_see_what_early_ones_see() {
    for (name, stream) in STREAMS {
        let mut random = Random::new();
        let seed = random.0;
        let mut cuts: Vec<usize> = (0..200).map(|_| random.below(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let mut screen = Screen::new(SIZE, SCROLLBACK);
        let mut watched = Viewer::new(SIZE);
        let mut late: Vec<(usize, Viewer)> = Vec::new();
        let mut at = 0;
        for (index, cut) in cuts.into_iter().chain([stream.len()]).enumerate() {
            let outputs = screen.feed(&stream[at..cut]);
            at = cut;
            watched.follow(&outputs, &screen);
            late.iter_mut().for_each(|(_, viewer)| viewer.follow(&outputs, &screen));
            let mut fresh = used_terminal(index % 2 == 0);
            fresh.take(&screen.repaint());
            assert_same(&watched, &fresh, &format!("{name} cut at {cut}, seed {seed}"));
            if index % 20 == 0 {
                late.push((cut, fresh));
            }
        }
        for (cut, viewer) in &late {
            let what = format!("{name} attached at {cut}, at the end, seed {seed}");
            assert_same(&watched, viewer, &what);
        }
    }
}

/// The scanner and the rewriting change nothing that can be seen: the emulator alone shows the same.
#[test]
fn what_viewers_get_draws_what_the_program_drew() {
    for (name, stream) in STREAMS {
        let mut screen = Screen::new(SIZE, SCROLLBACK);
        let (mut raw, mut viewer) = (Viewer::new(SIZE), Viewer::new(SIZE));
        raw.take(stream);
        for output in screen.feed(stream) {
            if let Output::Viewers(bytes) = output {
                viewer.take(&bytes);
            }
        }
        assert_same(&raw, &viewer, name);
    }
}

#[test]
fn repaint_after_resize_shows_the_screen() {
    let sizes = [(100, 30), (150, 50), (60, 20), (31, 7), (120, 40)];
    for (name, stream) in STREAMS {
        let mut random = Random::new();
        let seed = random.0;
        let mut screen = Screen::new(SIZE, SCROLLBACK);
        let mut at = 0;
        for round in 0..20 {
            let cut = (at + random.below(stream.len() / 10)).min(stream.len());
            screen.feed(&stream[at..cut]);
            at = cut;
            let (cols, rows) = sizes[round % sizes.len()];
            let size = Size { cols, rows };
            screen.resize(size);
            let mut viewer = Viewer::new(size);
            viewer.take(&screen.repaint());
            let mut copy = Screen::new(size, SCROLLBACK);
            copy.feed(&screen.repaint());
            let (mut left, mut right) =
                (screen.snapshot(true, SCROLLBACK), copy.snapshot(true, SCROLLBACK));
            left.title.clear();
            right.title.clear();
            assert_eq!(left, right, "{name} at {cut} as {cols}x{rows}, seed {seed}");
            for row in 0..rows {
                let grid = viewer.term.grid();
                let cells: String = (0..usize::from(cols))
                    .map(|col| &grid[Line(i32::from(row))][Column(col)])
                    .filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER))
                    .map(|cell| {
                        cell.c.to_string()
                            + &String::from_iter(cell.zerowidth().unwrap_or_default())
                    })
                    .collect();
                assert_eq!(
                    cells.trim_end_matches(' '),
                    screen.row_text(row),
                    "{name} row {row}, seed {seed}"
                );
            }
        }
    }
}

/// 14 MB of short lines, as `yes` or a log writes them, in pieces as a pty gives them. The bound is generous: it shows a
/// screen that would hold up an agent, not a slow machine.
#[test]
fn short_lines_pass_quickly() {
    let text: String = (0..40_000).map(|line| format!("{line} ok\r\n")).collect();
    let mut screen = Screen::new(SIZE, 1000);
    let start = Instant::now();
    let (mut taken, mut given) = (0, 0);
    while taken < 14_000_000 {
        for piece in text.as_bytes().chunks(4096) {
            for output in screen.feed(piece) {
                if let Output::Viewers(bytes) = output {
                    given += bytes.len();
                }
            }
            taken += piece.len();
        }
    }
    let elapsed = start.elapsed();
    println!("{taken} bytes in {elapsed:?}");
    assert_eq!(given, taken);
    assert!(elapsed < Duration::from_secs(20), "{elapsed:?}");
}
